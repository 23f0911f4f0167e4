// Package responder is services with known walls, to be probed in the virtual
// time of a testing/synctest bubble.
//
// A [Service] is a chain of walls around some work. Each [Wall] is a function
// that a request passes: it may make it wait, answer it, or share something
// out among all that are inside. [Service.Dial] is what a prober dials with:
// the connections are net.Pipes with a buffer like the kernel's, so that a
// server that does not accept or read is not noticed by who connects or writes.
//
// What happens at one moment of a bubble happens in an order that differs from
// run to run. So no two things do: each opening of a connection, each request and
// each answer is on its way for some nanoseconds of its own, and what is random
// follows from the seed, the number of the connection and that of the request on
// it. The same prober then sees the same of the same service, to the nanosecond.
package responder

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// A Call is one request on its way through the walls.
type Call struct {
	Request *http.Request
	Heavy   bool   // its path is not that of the canary
	Conn    int    // number of its connection, from 0
	Served  int    // requests that the connection has carried before
	Status  int    // 0: answered with 200
	After   int    // seconds after which to try again, as a refusal says; 0: it does not
	Type    string // of the answer's content; "": it has none
	Body    string // "": ok
	Drop    bool   // the connection is closed instead of an answer
	Service *Service

	rand *rand.Rand
}

// Chance returns a random number from 0 to 1.
func (c *Call) Chance() float64 { return c.rand.Float64() }

// Normal returns a number of the standard normal distribution.
func (c *Call) Normal() float64 { return c.rand.NormFloat64() }

// Exponential returns a number of the exponential distribution with a mean of 1.
func (c *Call) Exponential() float64 { return c.rand.ExpFloat64() }

// A Wall is passed by a request: it calls next once, or refuses the request by
// setting its status.
type Wall func(c *Call, next func())

// An Admission is passed by a connection before its first request is read; it
// calls next once, which returns as the connection ends.
type Admission func(next func())

// Service answers requests through its walls. Its methods may be called
// concurrently; its fields must not change while it serves.
type Service struct {
	Admit     Admission     // nil: every connection is let in
	Deferred  bool          // a connection is admitted as its first request arrives, not as it is opened
	Walls     []Wall        // from outside to inside
	KeepAlive bool          // connections carry several requests
	Idle      time.Duration // a connection that asks for nothing for so long is closed; 0: never
	Delay     time.Duration // before each answer on a connection that has carried one before: delayed ACK against Nagle
	Lose      float64       // share of connections that are reset instead of served
	Slow      float64       // share of connections whose opening takes a second longer: a lost SYN
	Jitter    time.Duration // mean of what the network adds to the way of each request, and of each answer (exponential)
	Pauses    Pauses        // times in which nothing is taken in and nothing answered
	Carries   int           // a connection is closed after so many requests; 0: never
	Backlog   int           // connections that may wait to be let in; the first packet of others is lost, again and again. 0: any number

	seed  uint64
	start time.Time

	mu    sync.Mutex // guards what follows
	conns int
	seen  int // requests received
	open  int // connections open
	queue int // connections that wait to be let in

	worked time.Duration // CPU time used
	busy   int           // requests being served: past the walls that say so
}

// New returns a service whose random choices follow from the seed.
func New(seed uint64, walls ...Wall) *Service {
	return &Service{Walls: walls, KeepAlive: true, seed: seed, start: time.Now()}
}

// dice are the random numbers of one request on a connection; of -1: of the
// connection itself.
func (s *Service) dice(conn, request int) *rand.Rand {
	return rand.New(rand.NewPCG(mix(s.seed), mix(uint64(conn)<<20+uint64(request+1))))
}

// way is how long something of a connection is on its way through the network:
// as many nanoseconds as the connection has for a number, at least.
func (s *Service) way(conn int, r *rand.Rand) time.Duration {
	return time.Duration(1+conn%9973) + time.Duration(float64(s.Jitter)*r.ExpFloat64())
}

// Requests returns how many requests have been received.
func (s *Service) Requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}

// Open returns how many connections are open.
func (s *Service) Open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}

// Worked returns the CPU time that [Compute] and [Turn] have used.
func (s *Service) Worked() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.worked
}

func (s *Service) work(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.worked += d
}

// Serving returns how many requests are past [Counted].
func (s *Service) Serving() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.busy
}

func (s *Service) serving(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy += n
}

// Dial opens a connection to the service.
func (s *Service) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	s.mu.Lock()
	number := s.conns
	s.conns++
	s.mu.Unlock()
	r := s.dice(number, -1)
	time.Sleep(s.way(number, r))
	if r.Float64() < s.Slow {
		time.Sleep(time.Second)
	}
	for again := time.Second; !s.line(); again *= 2 {
		if err := sleep(ctx, again); err != nil {
			return nil, err
		}
	}
	client, server := net.Pipe()
	lost := r.Float64() < s.Lose
	go func() {
		s.serve(server, number, lost)
		server.Close()
		s.mu.Lock()
		s.open--
		s.mu.Unlock()
	}()
	return &loopback{client}, nil
}

// line has a connection wait to be let in, and reports whether there is room for
// it to.
func (s *Service) line() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Backlog > 0 && s.queue >= s.Backlog {
		return false
	}
	s.queue++
	s.open++
	return true
}

// letIn has a connection wait no longer.
func (s *Service) letIn() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue--
}

// sleep waits, and no longer than ctx.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// serve reads requests as the kernel would, and has them answered in turn.
func (s *Service) serve(conn net.Conn, number int, lost bool) {
	requests := make(chan *http.Request, 16)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		defer close(requests)
		r := bufio.NewReader(conn)
		for {
			req, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			io.Copy(io.Discard, req.Body)
			requests <- req
		}
	}()
	var first *http.Request
	if s.Deferred || lost {
		first = <-requests
	}
	if lost || s.Deferred && first == nil {
		s.letIn()
		conn.Close()
		<-gone
		return
	}
	admit := s.Admit
	if admit == nil {
		admit = func(next func()) { next() }
	}
	admit(func() {
		s.letIn()
		for served := 0; ; served++ {
			req := first
			if first = nil; req == nil {
				if req = s.next(requests); req == nil {
					break
				}
			}
			c := &Call{Request: req, Heavy: req.URL.Path != "/canary", Conn: number, Served: served, Service: s, rand: s.dice(number, served)}
			if !s.answer(conn, c) {
				break
			}
		}
	})
	conn.Close()
	<-gone
}

// next waits for a connection's next request, as long as it may be idle; nil:
// there is none.
func (s *Service) next(requests <-chan *http.Request) *http.Request {
	if s.Idle == 0 {
		return <-requests
	}
	t := time.NewTimer(s.Idle)
	defer t.Stop()
	select {
	case req := <-requests:
		return req
	case <-t.C:
		return nil
	}
}

// answer reports whether the connection goes on.
func (s *Service) answer(conn net.Conn, c *Call) bool {
	s.mu.Lock()
	s.seen++
	s.mu.Unlock()
	time.Sleep(s.way(c.Conn, c.rand))
	s.Pauses.wait(s)
	s.pass(c, s.Walls)
	s.Pauses.wait(s)
	if c.Drop {
		return false
	}
	time.Sleep(s.way(c.Conn, c.rand))
	if c.Served > 0 {
		time.Sleep(s.Delay)
	}
	keep := s.KeepAlive && !c.Request.Close && c.Served+1 != s.Carries
	if c.Status == 0 {
		c.Status = http.StatusOK
	}
	body := cmp.Or(c.Body, "ok")
	head := "HTTP/1.1 " + strconv.Itoa(c.Status) + " " + http.StatusText(c.Status) + "\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n"
	if c.Type != "" {
		head += "Content-Type: " + c.Type + "\r\n"
	}
	if !keep {
		head += "Connection: close\r\n"
	}
	if c.After > 0 {
		head += "Retry-After: " + strconv.Itoa(c.After) + "\r\n"
	}
	_, err := io.WriteString(conn, head+"\r\n"+body)
	return err == nil && keep
}

func (s *Service) pass(c *Call, walls []Wall) {
	if len(walls) > 0 {
		walls[0](c, func() { s.pass(c, walls[1:]) })
	}
}

// loopback is a pipe that says it leads to this machine.
type loopback struct{ net.Conn }

func (l *loopback) RemoteAddr() net.Addr {
	return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}
}

// Read reports a connection closed by the other side as a socket does.
func (l *loopback) Read(p []byte) (int, error) {
	n, err := l.Conn.Read(p)
	if errors.Is(err, io.ErrClosedPipe) {
		err = io.EOF
	}
	return n, err
}

package enginetest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
)

func stopRows() []row {
	return []row{
		{name: "what runs when the engine stops is answered", source: contract + ", Engine.Serve", run: func(t testing.TB, h *harness) {
			up := h.upstream()
			h.serve(func(w http.ResponseWriter, r *http.Request) {
				engine.TaskOf(r.Context()).Await("up", func(t engine.Task) error { _, err := up.get(t, "/"); return err })
				fmt.Fprint(w, r.Context().Err())
			})
			const k = 4
			clients := make([]*client, k)
			for i := range clients {
				clients[i] = h.dial()
				clients[i].send("GET / HTTP/1.1\nHost: a\n\n")
			}
			up.holds(k)
			h.cancel()
			h.eventually("nobody listens", func() bool { return refuses(h.address) })
			up.open()
			for _, c := range clients {
				c.want(200, "<nil>") // its context did not end with the engine's
				c.wantEnd()
				c.Close()
			}
			h.wait()
		}},
		{name: "an idle connection is closed, and a request on its way is answered before", source: contract + ", Engine.Serve", limits: engine.Limits{Linger: 2 * time.Second}, run: func(t testing.TB, h *harness) {
			h.serve(echo)
			idle, late := h.dial(), h.dial()
			for _, c := range []*client{idle, late} {
				c.send("GET / HTTP/1.1\nHost: a\n\n")
				c.want(200, "GET / ")
			}
			h.cancel()
			h.eventually("the engine stops", func() bool { return refuses(h.address) })
			late.send("GET /late HTTP/1.1\nHost: a\n\n") // of a client that does not know yet
			if res := late.want(200, "GET /late "); !res.Close {
				t.Error("the answer does not say that it is the last")
			}
			late.wantEnd()
			late.Close()
			idle.wantEnd()
			idle.Close()
			h.wait()
		}},
		{name: "stopping under load answers every request received, and resets nobody", source: contract + ", Engine.Serve", limits: engine.Limits{Linger: 500 * time.Millisecond}, run: func(t testing.TB, h *harness) {
			var received sync.Map
			h.serve(func(w http.ResponseWriter, r *http.Request) {
				received.Store(r.URL.Path, true)
				engine.TaskOf(r.Context()).Sleep(2 * time.Millisecond)
				fmt.Fprint(w, r.URL.Path)
			})
			l := &load{h: h, answered: map[string]bool{}}
			for i := range 16 {
				l.clients.Go(func() { l.run(i, i%4 == 0) })
			}
			h.eventually("the load runs", func() bool { return l.count.Load() > 200 })
			h.cancel()
			h.wait()
			l.clients.Wait()
			unanswered := 0
			received.Range(func(path, _ any) bool {
				if !l.answered[path.(string)] {
					unanswered++
					t.Errorf("%s was received and not answered", path)
				}
				return unanswered < 10
			})
			for _, err := range l.broken {
				t.Error(err)
			}
		}},
		{name: "an engine that was never asked anything stops", source: contract + ", Engine.Serve", run: func(t testing.TB, h *harness) {
			h.serve(echo)
			h.cancel()
			h.wait()
			if s := h.engine.Stats(); s.Requests != 0 || s.Accepted != 0 {
				t.Errorf("%+v", s)
			}
		}},
	}
}

// refuses reports whether nobody listens on the address any more. A server
// that lets no new connection begin while it ends the old ones counts, too.
func refuses(address string) bool {
	c, err := net.DialTimeout("tcp", address, 50*time.Millisecond)
	if err == nil {
		c.Close()
	}
	return err != nil
}

// A load asks as fast as it is answered, until its connections end.
type load struct {
	h       *harness
	clients sync.WaitGroup
	count   atomic.Int64

	mu       sync.Mutex // guards what follows
	answered map[string]bool
	broken   []error
}

// run is one client: on one connection for as long as that lasts, or on a new
// one for each request.
func (l *load) run(id int, always bool) {
	for n := 0; ; {
		c, err := net.DialTimeout("tcp", l.h.address, 200*time.Millisecond)
		if err != nil {
			return // refused: not received
		}
		c.SetDeadline(time.Now().Add(patience))
		r := bufio.NewReader(c)
		for first := true; first || !always; first = false {
			path := fmt.Sprintf("/%d/%d", id, n)
			n++
			last, err := l.ask(c, r, path)
			if err == nil {
				l.count.Add(1)
				if last {
					break
				}
				continue
			}
			// An idle connection may be closed under a request that nobody
			// has received: then it ends before the first byte of an answer,
			// and in order.
			if first || err != io.EOF {
				l.mu.Lock()
				l.broken = append(l.broken, fmt.Errorf("%s: first %t: %w", path, first, err))
				l.mu.Unlock()
			}
			c.Close()
			return
		}
		c.Close()
	}
}

// ask sends one request and reads its answer. io.EOF says that the connection
// ended before any of it.
func (l *load) ask(c net.Conn, r *bufio.Reader, path string) (last bool, err error) {
	if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path); err != nil {
		return false, err
	}
	if _, err := r.Peek(1); err != nil {
		return false, err
	}
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		return false, errors.Join(errors.New("read the head"), err)
	}
	body, err := readAll(res.Body)
	if err != nil {
		return false, errors.Join(errors.New("read the body"), err)
	}
	if body != path {
		return false, fmt.Errorf("got the answer %q", body)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answered[path] = true
	return res.Close, nil
}

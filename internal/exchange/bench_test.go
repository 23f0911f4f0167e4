package exchange

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"
)

// script is a connection in memory whose peer sends the same request again
// whenever it got a response, a number of times, and then hangs up. A response
// is one Write.
type script struct {
	request []byte
	left    int // requests to come

	mu       sync.Mutex
	changed  sync.Cond
	rest     []byte // of the present request
	started  bool
	closed   bool
	deadline bool
	ended    chan struct{} // closed with the connection, if not nil
}

func (s *script) next() {
	if s.left > 0 {
		s.left--
		s.rest = s.request
	} else {
		s.closed = true
	}
	if s.changed.L != nil {
		s.changed.Signal()
	}
}

func (s *script) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.started {
		s.started = true
		s.changed.L = &s.mu
		s.next()
	}
	for len(s.rest) == 0 {
		switch {
		case s.closed:
			return 0, io.EOF
		case s.deadline:
			return 0, os.ErrDeadlineExceeded
		}
		s.changed.Wait()
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

func (s *script) Write(p []byte) (int, error) {
	s.mu.Lock()
	s.next()
	s.mu.Unlock()
	return len(p), nil
}

func (s *script) SetReadDeadline(t time.Time) error {
	s.mu.Lock()
	s.deadline = !t.IsZero()
	if s.changed.L != nil {
		s.changed.Signal()
	}
	s.mu.Unlock()
	return nil
}

func (s *script) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended != nil {
		close(s.ended)
		s.ended = nil
	}
	return nil
}

func (s *script) SetDeadline(t time.Time) error    { return s.SetReadDeadline(t) }
func (s *script) SetWriteDeadline(time.Time) error { return nil }
func (s *script) LocalAddr() net.Addr              { return scriptAddr }
func (s *script) RemoteAddr() net.Addr             { return scriptAddr }
func (s *script) NetConn() (net.Conn, error)       { return s, nil }

var scriptAddr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}

// scripts is a listener that accepts scripts.
type scripts chan *script

func (l scripts) Accept() (net.Conn, error) {
	s, ok := <-l
	if !ok {
		return nil, net.ErrClosed
	}
	return s, nil
}
func (l scripts) Close() error   { return nil }
func (l scripts) Addr() net.Addr { return scriptAddr }

var plaintext = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	_, _ = io.WriteString(w, "Hello, World!")
})

const plaintextRequest = "GET /plaintext HTTP/1.1\r\nHost: localhost:8080\r\nUser-Agent: plimsoll\r\nAccept: */*\r\n\r\n"

// BenchmarkPlaintext serves the same requests over the same transport here
// and in net/http, in turns, and reports the ratio of the times.
func BenchmarkPlaintext(b *testing.B) {
	conns := make(scripts)
	server := &http.Server{Handler: plaintext}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(conns) }()
	defer func() { close(conns); <-done; server.Close() }()

	var here, there time.Duration
	b.ResetTimer()
	for left := b.N; left > 0; left -= 500 {
		n := min(left, 500)
		ended := make(chan struct{})
		start := time.Now()
		conns <- &script{request: []byte(plaintextRequest), left: n, ended: ended}
		<-ended
		middle := time.Now()
		exchangeAll(New(&script{request: []byte(plaintextRequest), left: n}, nil), plaintext)
		there += middle.Sub(start)
		here += time.Since(middle)
	}
	b.ReportMetric(0, "ns/op") // the sum of both means nothing
	b.ReportMetric(float64(here.Nanoseconds())/float64(b.N), "ns/exchange")
	b.ReportMetric(float64(there.Nanoseconds())/float64(b.N), "ns/net-http")
	b.ReportMetric(float64(here)/float64(there), "of-net-http")
}

// exchangeAll serves c as an engine that waits in a poller between requests
// does.
func exchangeAll(c *Conn, h http.Handler) {
	ctx := context.Background()
	for c.ReadHead() == nil && c.Serve(ctx, h, false) == KeepAlive {
		c.Idle()
	}
	_ = c.Close()
}

// What the package comment says about allocations. The race detector's own
// would be counted too, so that its builds skip this.
func TestAllocationsPerRequest(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	for _, row := range []struct {
		name    string
		request string
		handler http.HandlerFunc
		want    float64
	}{
		{"silent handler", plaintextRequest, func(http.ResponseWriter, *http.Request) {}, 4},
		{"body only", plaintextRequest, text("hello"), 4},
		{"plaintext", plaintextRequest, plaintext, 7},
		{"with a body", post("hello"), quiet, 5},
	} {
		s := &script{request: []byte(row.request), left: 1 << 30}
		c := New(s, nil)
		ctx := context.Background()
		got := testing.AllocsPerRun(2000, func() {
			if err := c.ReadHead(); err != nil {
				t.Fatal(err)
			}
			if o := c.Serve(ctx, row.handler, false); o != KeepAlive {
				t.Fatal(o)
			}
			c.Idle()
		})
		if got != row.want {
			t.Errorf("%s: %v allocations, want %v", row.name, got, row.want)
		}
	}
}

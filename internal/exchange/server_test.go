package exchange

import (
	"context"
	"log"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tcp is a connection that waits as Go waits.
type tcp struct{ *net.TCPConn }

func (t tcp) NetConn() (net.Conn, error) { return t.TCPConn, nil }

// plain is a transport without the optional methods.
type plain struct{ net.Conn }

func (p plain) NetConn() (net.Conn, error) { return p.Conn, nil }

// serveConn is the smallest engine: a goroutine for each connection. It
// reports how each exchange ended.
func serveConn(c *Conn, h http.Handler, ended func(Outcome)) error {
	for {
		if err := c.ReadHead(); err != nil {
			c.Close()
			return err
		}
		ctx, cancel := context.WithCancel(context.Background())
		o := c.Serve(ctx, h, false)
		cancel()
		if ended != nil {
			ended(o)
		}
		switch o {
		case Hijacked:
			return nil
		case Close:
			c.Close()
			return nil
		}
		c.Idle()
	}
}

// startExchange serves h with this package until the test ends, and then
// requires that every connection is finished with.
func startExchange(t testing.TB, h http.Handler, cfg *Config) string {
	t.Helper()
	if cfg == nil {
		cfg = &Config{Logf: t.Logf}
	}
	ln := listen(t)
	var conns sync.WaitGroup
	var mu sync.Mutex
	open := map[net.Conn]bool{}
	conns.Go(func() {
		for {
			nc, err := ln.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open[nc] = true
			mu.Unlock()
			conns.Go(func() {
				_ = serveConn(New(tcp{nc.(*net.TCPConn)}, cfg), h, nil)
				mu.Lock()
				delete(open, nc)
				mu.Unlock()
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		mu.Lock()
		for nc := range open {
			nc.Close() // clients of the test that keep a connection
		}
		mu.Unlock()
		conns.Wait()
	})
	return ln.Addr().String()
}

// startNet serves h with net/http until the test ends.
func startNet(t testing.TB, h http.Handler) string {
	t.Helper()
	ln := listen(t)
	s := &http.Server{Handler: h, DisableGeneralOptionsHandler: true, ErrorLog: log.New(testWriter{t}, "", 0)}
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Serve(ln) }()
	t.Cleanup(func() {
		// Not Close, which leaves behind connections that linger.
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		<-done
	})
	return ln.Addr().String()
}

type testWriter struct{ t testing.TB }

func (w testWriter) Write(p []byte) (int, error) { w.t.Logf("%s", p); return len(p), nil }

func listen(t testing.TB) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

func dial(t testing.TB, addr string) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(30 * time.Second)) // a failure instead of a hang
	return c.(*net.TCPConn)
}

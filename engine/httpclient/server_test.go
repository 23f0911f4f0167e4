package httpclient_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/httpclient"
)

// A server counts its connections.
type server struct {
	*httptest.Server
	opened atomic.Int64
	open   atomic.Int64
}

func serve(t testing.TB, h http.HandlerFunc) *server {
	s := &server{Server: httptest.NewUnstartedServer(h)}
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			s.opened.Add(1)
			s.open.Add(1)
		case http.StateClosed, http.StateHijacked:
			s.open.Add(-1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s
}

func (s *server) address() string { return s.Listener.Addr().String() }

// client returns a client whose connections are all closed in the end, which
// it checks on the side of this process.
func client(t testing.TB) *httpclient.Client {
	before := descriptors(t)
	c := &httpclient.Client{}
	t.Cleanup(func() {
		c.CloseIdle()
		eventually(t, "every descriptor is closed", func() bool { return descriptors(t) <= before })
	})
	return c
}

func descriptors(t testing.TB) int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0 // no such thing on this system
	}
	return len(entries)
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Errorf("after 10 s it is still not so that %s", what)
			return
		}
	}
}

func task(t testing.TB) engine.Task { return engine.TaskOf(t.Context()) }

func request(t testing.TB, method, url string, body io.Reader) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func do(t testing.TB, c *httpclient.Client, req *http.Request) (*http.Response, string) {
	t.Helper()
	res, err := c.Do(task(t), req)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res, string(b)
}

// A raw upstream gives a fixed answer to each request.
type raw struct {
	address  string
	accepted atomic.Int64
}

func answer(t testing.TB, text string, keep bool) *raw {
	return listen(t, func(c net.Conn) {
		for {
			if !readHead(c) {
				return
			}
			io.WriteString(c, text)
			if !keep {
				return
			}
		}
	})
}

func listen(t testing.TB, f func(net.Conn)) *raw {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	up := &raw{address: ln.Addr().String()}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var conns []net.Conn
	wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			up.accepted.Add(1)
			mu.Lock()
			conns = append(conns, c)
			mu.Unlock()
			wg.Go(func() { defer c.Close(); f(c) })
		}
	})
	t.Cleanup(func() {
		ln.Close()
		mu.Lock()
		for _, c := range conns {
			c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return up
}

// readHead reads a request without a body.
func readHead(c net.Conn) bool {
	var head []byte
	b := make([]byte, 1)
	for !strings.HasSuffix(string(head), "\r\n\r\n") {
		if _, err := c.Read(b); err != nil {
			return false
		}
		head = append(head, b[0])
	}
	return true
}

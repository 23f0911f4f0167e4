package rig

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// A Conn is a client's connection to an engine. Each wait on it lasts for
// [Patience] at most.
type Conn struct {
	net.Conn
	R *bufio.Reader // of the connection

	t testing.TB
}

// Dial connects to an address until the end of the test.
func Dial(t testing.TB, network, address string) *Conn {
	t.Helper()
	c, err := net.Dial(network, address)
	if err != nil {
		t.Fatal(err)
	}
	return NewConn(t, c)
}

// NewConn returns what writes requests to c, which the end of the test closes.
func NewConn(t testing.TB, c net.Conn) *Conn {
	t.Cleanup(func() { c.Close() })
	// A small buffer: some tests have thousands of clients.
	conn := &Conn{Conn: c, R: bufio.NewReaderSize(c, 512), t: t}
	conn.wait()
	return conn
}

// Dial connects to the engine.
func (s *Server) Dial() *Conn {
	s.t.Helper()
	return Dial(s.t, "tcp", s.Address)
}

// Get asks for a path on a connection of its own.
func (s *Server) Get(path string) *Conn {
	s.t.Helper()
	return s.Dial().Send(path)
}

// Ask is Get, n times at once.
func (s *Server) Ask(n int, path string) []*Conn {
	s.t.Helper()
	conns := make([]*Conn, n)
	for i := range conns {
		conns[i] = s.Get(path)
	}
	return conns
}

// Expect is [Conn.Expect] of each.
func Expect(conns []*Conn, status int) {
	for _, c := range conns {
		c.t.Helper()
		c.Expect(status)
	}
}

func (c *Conn) wait() { _ = c.SetDeadline(time.Now().Add(Patience)) }

// Send asks for a path.
func (c *Conn) Send(path string) *Conn {
	c.t.Helper()
	c.wait()
	if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: test\r\n\r\n", path); err != nil {
		c.t.Fatal(err)
	}
	return c
}

// Answer reads an answer.
func (c *Conn) Answer() (res *http.Response, body string) {
	c.t.Helper()
	c.wait()
	res, err := http.ReadResponse(c.R, nil)
	if err != nil {
		c.t.Fatalf("read an answer: %v", err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatalf("read the body of an answer: %v", err)
	}
	return res, string(b)
}

// Expect reads an answer, which has to have a status, and returns its body.
func (c *Conn) Expect(status int) (body string) {
	c.t.Helper()
	res, body := c.Answer()
	if res.StatusCode != status {
		c.t.Fatalf("status %d %q, want %d", res.StatusCode, body, status)
	}
	return body
}

// End reads the end of the connection, which must not be a reset.
func (c *Conn) End() {
	c.t.Helper()
	c.wait()
	if b, err := io.ReadAll(c.R); err != nil || len(b) > 0 {
		c.t.Fatalf("want a clean end of the connection, got %q, %v", b, err)
	}
}

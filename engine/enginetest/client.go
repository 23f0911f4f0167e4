package enginetest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A client is a connection to the engine on which a row writes its own bytes.
type client struct {
	*net.TCPConn
	t testing.TB
	r *bufio.Reader
}

// dial connects. The connection is closed when the row ends, at the latest.
func (h *harness) dial() *client {
	h.t.Helper()
	nc, err := net.Dial("tcp", h.address)
	if err != nil {
		h.t.Fatal(err)
	}
	nc.SetDeadline(time.Now().Add(h.patience))
	c := &client{TCPConn: nc.(*net.TCPConn), t: h.t, r: bufio.NewReader(nc)}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clients = append(h.clients, c)
	return c
}

// send writes bytes; \n stands for the line ends of HTTP.
func (c *client) send(format string, args ...any) {
	c.t.Helper()
	text := strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", "\r\n")
	if _, err := io.WriteString(c, text); err != nil {
		c.t.Fatalf("send: %v", err)
	}
}

// head reads the head of an answer to a method; the body is left to be read.
func (c *client) head(method string) *http.Response {
	c.t.Helper()
	res, err := http.ReadResponse(c.r, &http.Request{Method: method})
	if err != nil {
		c.t.Fatalf("read an answer: %v", err)
	}
	return res
}

// answer reads a whole answer to a method.
func (c *client) answer(method string) (*http.Response, string) {
	c.t.Helper()
	res := c.head(method)
	body, err := readAll(res.Body)
	if err != nil {
		c.t.Fatalf("read the body of an answer: %v", err)
	}
	return res, body
}

// want reads an answer to GET and checks it.
func (c *client) want(status int, body string) *http.Response {
	c.t.Helper()
	res, got := c.answer(http.MethodGet)
	if res.StatusCode != status || got != body {
		c.t.Errorf("%d %q; want %d %q", res.StatusCode, got, status, body)
	}
	return res
}

// wantEnd checks that the engine closes the connection, and does not reset it.
func (c *client) wantEnd() {
	c.t.Helper()
	if b, err := c.r.ReadByte(); err != io.EOF {
		c.t.Errorf("instead of the end came %q, %v", b, err)
	}
}

func readAll(r io.Reader) (string, error) {
	b, err := io.ReadAll(r)
	return string(b), err
}

func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

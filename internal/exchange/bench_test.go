package exchange

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// script is a transport in memory whose peer sends the same request again and
// again.
type script struct {
	request []byte
	left    int
	out     int
}

func (s *script) Read(p []byte) (int, error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	s.left--
	return copy(p, s.request), nil
}
func (s *script) Write(p []byte) (int, error)      { s.out += len(p); return len(p), nil }
func (s *script) SetDeadline(time.Time) error      { return nil }
func (s *script) SetReadDeadline(time.Time) error  { return nil }
func (s *script) SetWriteDeadline(time.Time) error { return nil }
func (s *script) Close() error                     { return nil }
func (s *script) LocalAddr() net.Addr              { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }
func (s *script) RemoteAddr() net.Addr             { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 81} }
func (s *script) NetConn() (net.Conn, error)       { return s, nil }

var plaintext = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	io.WriteString(w, "Hello, World!")
})

func BenchmarkPlaintext(b *testing.B) {
	b.ReportAllocs()
	s := &script{request: []byte("GET /plaintext HTTP/1.1\r\nHost: localhost:8080\r\nUser-Agent: load\r\nAccept: */*\r\n\r\n"), left: b.N}
	c := New(s, nil)
	for {
		if err := c.ReadHead(); err != nil {
			break
		}
		if c.Serve(context.Background(), plaintext, false) != KeepAlive {
			b.Fatal()
		}
		c.Idle()
	}
}

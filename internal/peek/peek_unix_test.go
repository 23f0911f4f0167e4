//go:build unix

package peek_test

import (
	"net"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/peek"
)

func TestEnded(t *testing.T) {
	rows := []struct {
		name string
		do   func(server *net.TCPConn)
		want bool
	}{
		{"nothing came", func(*net.TCPConn) {}, false},
		{"the peer has closed", func(c *net.TCPConn) { c.Close() }, true},
		{"the peer has reset it", func(c *net.TCPConn) { c.SetLinger(0); c.Close() }, true},
		{"something came that nobody asked for", func(c *net.TCPConn) { c.Write([]byte("x")) }, true},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer ln.Close()
			client, err := net.Dial("tcp", ln.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			server, err := ln.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			row.do(server.(*net.TCPConn))
			ended, known := peek.Ended(client)
			for end := time.Now().Add(10 * time.Second); row.want && !ended && time.Now().Before(end); time.Sleep(time.Millisecond) {
				ended, known = peek.Ended(client) // what was sent arrives in its time
			}
			if ended != row.want || !known {
				t.Errorf("ended %t, known %t", ended, known)
			}
			client.Close()
			if ended, known := peek.Ended(client); !ended || !known {
				t.Errorf("closed here: ended %t, known %t", ended, known)
			}
		})
	}
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	if ended, known := peek.Ended(a); ended || known {
		t.Errorf("a pipe: ended %t, known %t", ended, known)
	}
}

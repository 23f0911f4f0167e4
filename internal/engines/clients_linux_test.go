package engines

import (
	"bytes"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const patience = 60 * time.Second // thousands of threads are made meanwhile

func eventually(t testing.TB, what string, state func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !state(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// crowd connects n clients.
func crowd(t testing.TB, n int, address string) []net.Conn {
	t.Helper()
	clients := make([]net.Conn, n)
	t.Cleanup(func() { leave(clients) })
	each(t, n, func(i int) (err error) {
		if clients[i], err = net.Dial("tcp", address); err == nil {
			err = clients[i].SetDeadline(time.Now().Add(2 * patience))
		}
		return err
	})
	return clients
}

// leave closes connections, so that a server that stops has none to wait for.
func leave(clients []net.Conn) {
	for _, c := range clients {
		if c != nil {
			c.Close()
		}
	}
}

// each runs f for 0 to n-1, a few at a time.
func each(t testing.TB, n int, f func(i int) error) {
	t.Helper()
	const workers = 8
	var all sync.WaitGroup
	for g := range workers {
		all.Go(func() {
			for i := g; i < n; i += workers {
				if err := f(i); err != nil {
					t.Errorf("client %d: %v", i, err)
					return
				}
			}
		})
	}
	all.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

func ask(c net.Conn, path string) error {
	_, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path)
	return err
}

// answered reads an answer without a body, which fits one segment.
func answered(c net.Conn) error {
	var b [256]byte
	n, err := c.Read(b[:])
	if err == nil && !bytes.HasPrefix(b[:n], []byte("HTTP/1.1 200 ")) {
		err = fmt.Errorf("answered %q", b[:n])
	}
	return err
}

func get(c net.Conn, path string) error {
	if err := ask(c, path); err != nil {
		return err
	}
	return answered(c)
}

// An upstream holds every request until it is open, and counts them.
type upstream struct {
	address string
	gate    chan struct{}
	now     atomic.Int64
}

func startUpstream(t testing.TB) *upstream {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	u := &upstream{address: ln.Addr().String(), gate: make(chan struct{})}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			all.Go(func() { defer c.Close(); u.hold(c) })
		}
	})
	t.Cleanup(func() { u.open(); ln.Close(); all.Wait() })
	return u
}

func (u *upstream) open() {
	select {
	case <-u.gate:
	default:
		close(u.gate)
	}
}

func (u *upstream) hold(c net.Conn) {
	var b [512]byte
	for n := 0; ; {
		m, err := c.Read(b[n:])
		if err != nil {
			return
		}
		if n += m; !bytes.HasSuffix(b[:n], []byte("\r\n\r\n")) {
			continue
		}
		u.now.Add(1)
		<-u.gate
		u.now.Add(-1)
		if _, err := c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")); err != nil {
			return
		}
		n = 0
	}
}

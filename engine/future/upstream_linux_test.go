package future

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/plimsoll-dev/plimsoll/engine"
)

// A gate stands behind a handler under test. It holds what comes until it is
// opened, and knows how much it holds.
type gate struct {
	address string
	now     func() int64
	release func()
}

// gateServer is the inside of a gate. A byte is answered when the gate is open;
// but 'n' at once with how many are held, and 'o' opens it.
type gateServer struct {
	held  atomic.Int64
	open  chan struct{}
	once  sync.Once
	conns sync.WaitGroup
}

func (g *gateServer) serve(ln net.Listener) {
	g.conns.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			g.conns.Go(func() { g.hold(c) })
		}
	})
}

func (g *gateServer) hold(c net.Conn) {
	defer c.Close()
	var b [8]byte
	for {
		if _, err := c.Read(b[:1]); err != nil {
			return
		}
		switch b[0] {
		case 'n':
			binary.BigEndian.PutUint64(b[:], uint64(g.held.Load()))
			_, _ = c.Write(b[:])
			continue
		case 'o':
			g.letGo()
		default:
			g.held.Add(1)
			<-g.open
			g.held.Add(-1)
		}
		if _, err := c.Write(b[:1]); err != nil {
			return
		}
	}
}

func (g *gateServer) letGo() { g.once.Do(func() { close(g.open) }) }

func newGate(t testing.TB) *gate {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gateServer{open: make(chan struct{})}
	g.serve(ln)
	t.Cleanup(func() {
		ln.Close()
		g.letGo()
		g.conns.Wait()
	})
	return &gate{ln.Addr().String(), g.held.Load, g.letGo}
}

// newFarGate is newGate in another process.
func newFarGate(t testing.TB) *gate {
	t.Helper()
	c := startChild(t, "gate", nil)
	control, err := net.Dial("tcp", c.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { control.Close() })
	say := func(what byte, answer []byte) {
		if _, err := control.Write([]byte{what}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(control, answer); err != nil {
			t.Fatal(err)
		}
	}
	return &gate{
		address: c.address,
		now: func() int64 {
			var b [8]byte
			say('n', b[:])
			return int64(binary.BigEndian.Uint64(b[:]))
		},
		release: func() { say('o', make([]byte, 1)) },
	}
}

// pass goes through the gate on a connection of the task.
func (g *gate) pass(task engine.Task) error {
	c, err := task.Dial(context.Background(), "tcp", g.address)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.Write([]byte{'w'}); err != nil {
		return err
	}
	_, err = io.ReadFull(c, make([]byte, 1))
	return err
}

func awaiting(g *gate) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := engine.TaskOf(r.Context()).Await("gate", g.pass); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
		}
	}
}

func calling(g *gate) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := engine.TaskOf(r.Context()).Call("gate", g.pass); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
		}
	}
}

// awaitThenCall has its call in a continuation.
func awaitThenCall(first, then *gate) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		t := engine.TaskOf(r.Context())
		if err := t.Await("first", first.pass); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		calling(then)(w, r)
	}
}

package rig

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/plimsoll-dev/plimsoll/engine"
)

// A Gate holds requests until it is opened, and knows how many it holds. It
// stands behind a handler under test: at the other end of a connection, or as
// something that the handler waits for in plain Go. Its methods may be called
// concurrently.
type Gate struct {
	Address string

	now, peak atomic.Int64
	through   chan struct{}
	once      sync.Once
	conns     sync.WaitGroup
}

// NewGate returns a closed gate, which the end of the test opens.
func NewGate(t testing.TB) *Gate {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &Gate{Address: ln.Addr().String(), through: make(chan struct{})}
	g.conns.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			g.conns.Go(func() { g.hold(c) })
		}
	})
	t.Cleanup(func() {
		ln.Close()
		g.Open()
		g.conns.Wait()
	})
	return g
}

// hold answers each byte with one.
func (g *Gate) hold(c net.Conn) {
	defer c.Close()
	var b [1]byte
	for {
		if _, err := c.Read(b[:]); err != nil {
			return
		}
		_ = g.Wait()
		if _, err := c.Write(b[:]); err != nil {
			return
		}
	}
}

// Open lets go all that are held, and all that come.
func (g *Gate) Open() { g.once.Do(func() { close(g.through) }) }

// Let lets one go, and waits for it if none is held.
func (g *Gate) Let() { g.through <- struct{}{} }

// Now returns how many are held.
func (g *Gate) Now() int { return int(g.now.Load()) }

// Peak returns how many were held at most.
func (g *Gate) Peak() int { return int(g.peak.Load()) }

// Holds waits until the gate holds n.
func (g *Gate) Holds(t testing.TB, n int) {
	t.Helper()
	Eventually(t, fmt.Sprintf("%d at the gate", n), func() bool { return g.Now() == n })
}

// Pass goes through the gate on a connection of the task.
func (g *Gate) Pass(task engine.Task) error {
	c, err := task.Dial(context.Background(), "tcp", g.Address)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.Write([]byte{1}); err != nil {
		return err
	}
	_, err = io.ReadFull(c, make([]byte, 1))
	return err
}

// Wait goes through the gate as plain Go does, in a way that no engine can
// suspend. The error is nil.
func (g *Gate) Wait() error {
	n := g.now.Add(1)
	for most := g.peak.Load(); n > most && !g.peak.CompareAndSwap(most, n); most = g.peak.Load() {
	}
	<-g.through
	g.now.Add(-1)
	return nil
}

// Verbs is a handler: its path is the verb in which it goes through the gate.
// "/bare" is none, and any other path does not go there. It is answered with
// the path.
func (g *Gate) Verbs(w http.ResponseWriter, r *http.Request) {
	task := engine.TaskOf(r.Context())
	var err error
	switch r.URL.Path {
	case "/await":
		err = task.Await("gate", g.Pass)
	case "/call":
		err = task.Call("gate", g.Pass)
	case "/bare":
		err = g.Pass(task)
	case "/block":
		err = task.Block("gate", g.Wait)
	case "/compute":
		task.Compute("gate", func() { _ = g.Wait() })
	}
	answer(w, r.URL.Path, err)
}

// Await is a handler that awaits the gate, and writes nothing.
func (g *Gate) Await(w http.ResponseWriter, r *http.Request) {
	answer(w, "", engine.TaskOf(r.Context()).Await("gate", g.Pass))
}

// Call is a handler that calls the gate, and writes nothing.
func (g *Gate) Call(w http.ResponseWriter, r *http.Request) {
	answer(w, "", engine.TaskOf(r.Context()).Call("gate", g.Pass))
}

func answer(w http.ResponseWriter, text string, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	if text != "" {
		_, _ = io.WriteString(w, text)
	}
}

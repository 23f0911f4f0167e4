// Package rig is what an engine's own tests stand on: an engine that serves
// ([Serve]), clients that write their own requests to it ([Server.Dial]), a
// [Gate] at which its requests wait for as long as a test wants, and what the
// system says of its threads ([Threads]). What needs a process of its own is a
// child ([Main], [StartChild]). Whatever a test starts ends with it.
//
// Engines are held to what they have in common by package enginetest.
package rig

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/model"
)

// Patience is how long a test waits for what has to come.
const Patience = 20 * time.Second

// Eventually waits for a state; if that does not come the test ends.
func Eventually(t testing.TB, what string, state func() bool) {
	t.Helper()
	for deadline := time.Now().Add(Patience); !state(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", Patience, what)
		}
	}
}

// Silence keeps panics and stalls that a test causes out of the log.
func Silence(t testing.TB) {
	before := log.Writer()
	log.SetOutput(io.Discard)
	t.Cleanup(func() { log.SetOutput(before) })
}

// Config reads a configuration's text form.
func Config(t testing.TB, text string) model.EngineConfig {
	t.Helper()
	cfg, err := model.ParseEngine(text)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// Build makes an engine of a configuration's text form, one that does not
// linger over connections when it stops for as long as it does by default.
func Build[E engine.Engine](t testing.TB, text string, build func(model.EngineConfig) (E, error)) E {
	t.Helper()
	e, err := build(Config(t, text))
	if err != nil {
		t.Fatal(err)
	}
	any(e).(engine.Limiter).SetLimits(engine.Limits{Linger: 20 * time.Millisecond})
	return e
}

// A Server is an engine that serves until [Server.Stop], or the end of the
// test. Its methods are for the test's goroutine.
type Server struct {
	Address string
	// Cancel ends the context of Serve.
	Cancel context.CancelFunc

	t      testing.TB
	engine engine.Engine
	ended  chan struct{} // closed after err is set
	err    error
	once   sync.Once
}

// Serve has an engine serve on a port of its own.
func Serve(t testing.TB, e engine.Engine, h http.Handler) *Server {
	t.Helper()
	return ServeOn(t, e, Listen(t), h)
}

// Listen returns a listener on a free port. It is not one for Multipath TCP,
// Go's default: that cannot be told to let no new connection begin, which is
// what stopping without a reset takes.
func Listen(t testing.TB) net.Listener {
	t.Helper()
	ln, err := listen()
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

func listen() (net.Listener, error) {
	var plain net.ListenConfig
	plain.SetMultipathTCP(false)
	return plain.Listen(context.Background(), "tcp", "127.0.0.1:0")
}

// ServeOn is Serve on a listener.
func ServeOn(t testing.TB, e engine.Engine, ln net.Listener, h http.Handler) *Server {
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{Address: ln.Addr().String(), Cancel: cancel, t: t, engine: e, ended: make(chan struct{})}
	go func() {
		s.err = e.Serve(ctx, ln, h)
		close(s.ended)
	}()
	t.Cleanup(s.Stop)
	return s
}

// Serving reports whether Serve has not returned yet.
func (s *Server) Serving() bool {
	select {
	case <-s.ended:
		return false
	default:
		return true
	}
}

// Stop ends the engine and waits for Serve to return, without an error.
func (s *Server) Stop() {
	s.t.Helper()
	s.once.Do(func() {
		s.Cancel()
		select {
		case <-s.ended:
		case <-time.After(Patience):
			s.t.Fatalf("Serve has not returned %v after its context ended: %+v", Patience, s.engine.Stats())
		}
		if s.err != nil {
			s.t.Errorf("Serve: %v", s.err)
		}
	})
}

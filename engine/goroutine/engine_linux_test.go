package goroutine

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"weak"

	"go.uber.org/goleak"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
	"github.com/plimsoll-dev/plimsoll/internal/inline"
	"github.com/plimsoll-dev/plimsoll/model"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func path(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Path) }

func TestProcsIsGOMAXPROCSWhileItServes(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	e := rig.Build(t, fmt.Sprint("goroutine:procs=", before+3), New)
	t.Run("serving", func(t *testing.T) {
		r := rig.Serve(t, e, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, runtime.GOMAXPROCS(0), e.Stats().Threads)
		}))
		if got, want := r.Get("/").Expect(200), fmt.Sprint(before+3, before+3); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
	if got := runtime.GOMAXPROCS(0); got != before {
		t.Errorf("afterwards GOMAXPROCS is %d, it was %d", got, before)
	}
}

func TestAnEngineServesOnce(t *testing.T) {
	e := rig.Build(t, "goroutine", New)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := e.Serve(ctx, rig.Listen(t), http.NotFoundHandler()); err != nil {
		t.Fatal(err)
	}
	ln := rig.Listen(t)
	if err := e.Serve(ctx, ln, http.NotFoundHandler()); err == nil || !strings.Contains(err.Error(), "once") {
		t.Errorf("the second time: %v", err)
	}
	if ln.Close() == nil {
		t.Error("its listener was left open")
	}
}

func TestConfigurationOfAnotherEngineIsRefused(t *testing.T) {
	cfg, _ := model.ParseEngine("thread")
	if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), "goroutine:http=net") {
		t.Errorf("got %v", err)
	}
}

func TestListenerThatFailsEndsServe(t *testing.T) {
	for _, text := range []string{"goroutine", "goroutine:http=net"} {
		e, ln := rig.Build(t, text, New), rig.Listen(t)
		served := make(chan error, 1)
		go func() { served <- e.Serve(t.Context(), ln, http.HandlerFunc(path)) }()
		c := rig.Dial(t, "tcp", ln.Addr().String())
		c.Send("/").Expect(200)
		ln.Close()
		c.Close()
		if err := <-served; err == nil || !strings.Contains(err.Error(), "accept") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestServesOnAUnixSocket(t *testing.T) {
	for _, text := range []string{"goroutine", "goroutine:http=net"} {
		ln, err := net.Listen("unix", t.TempDir()+"/s")
		if err != nil {
			t.Fatal(err)
		}
		rig.ServeOn(t, rig.Build(t, text, New), ln, http.HandlerFunc(path))
		c := rig.Dial(t, "unix", ln.Addr().String())
		if got := c.Send("/a").Expect(200); got != "/a" {
			t.Errorf("%s: %q", text, got)
		}
		c.Close()
	}
}

type pipeListener struct{ conns chan net.Conn }

func (l pipeListener) Accept() (net.Conn, error) { return <-l.conns, nil }
func (pipeListener) Close() error                { return nil }
func (pipeListener) Addr() net.Addr              { return &net.UnixAddr{} }

func TestListenerWithoutDescriptorsIsRefusedByName(t *testing.T) {
	for _, text := range []string{"goroutine", "goroutine:http=net"} {
		a, b := net.Pipe()
		ln := pipeListener{make(chan net.Conn, 1)}
		ln.conns <- a
		if err := rig.Build(t, text, New).Serve(t.Context(), ln, http.HandlerFunc(path)); err == nil || !strings.Contains(err.Error(), "TCP or Unix") {
			t.Errorf("%s: %v", text, err)
		}
		b.Close()
	}
}

// A handler that ends its goroutine takes its connection with it, and nothing
// else.
func TestGoexitInAHandlerIsCleanedUpAfter(t *testing.T) {
	e := rig.Build(t, "goroutine", New)
	r := rig.Serve(t, e, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/exit" {
			r.Context().Done()
			runtime.Goexit()
		}
		path(w, r)
	}))
	if _, err := r.Get("/exit").R.ReadByte(); err == nil {
		t.Error("an answer came")
	}
	rig.Eventually(t, "it is off the accounts", func() bool { s := e.Stats(); return s.InFlight == 0 && s.Connections == 0 })
	if got := r.Get("/b").Expect(200); got != "/b" {
		t.Errorf("%q", got)
	}
}

// Nothing is watched, and no goroutine started, for handlers that do not ask
// whether the client is there.
func TestContextCostsNothingUnlessUsed(t *testing.T) {
	var goroutines atomic.Int64
	e := rig.Build(t, "goroutine", New)
	c := rig.Serve(t, e, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/derive" {
			ctx, cancel := context.WithCancel(r.Context()) // must not take a goroutine
			defer cancel()
			_, more := context.WithTimeout(ctx, time.Hour)
			defer more()
		}
		goroutines.Store(int64(runtime.NumGoroutine()))
		path(w, r)
	})).Dial()
	c.Send("/plain").Expect(200)
	plain := goroutines.Load()
	for range 20 { // one goroutine in all reads the epoll set; a request adds none
		c.Send("/derive").Expect(200)
	}
	if watching := goroutines.Load() - plain; watching > 1 {
		t.Errorf("%d goroutines more", watching)
	}
}

// A handler that has taken its connection over may still ask for the context, as
// those do that speak WebSocket. Nobody would end what was watched for it then:
// the connection is closed by the handler.
func TestConnectionThatWasHijackedIsForgotten(t *testing.T) {
	conns := make(chan weak.Pointer[inline.Task], 1)
	r := rig.Serve(t, rig.Build(t, "goroutine", New), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		nc, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer nc.Close()
		r.Context().Done()
		conns <- weak.Make(engine.TaskOf(r.Context()).(*inline.Task)) // a part of it
	}))
	r.Get("/").End()
	c := <-conns
	rig.Eventually(t, "it is collected", func() bool { runtime.GC(); return c.Value() == nil })
}

func benchmark(b *testing.B, text string, h http.HandlerFunc) {
	c := rig.Serve(b, rig.Build(b, text, New), h).Dial()
	request := []byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Write(request); err != nil {
			b.Fatal(err)
		}
		for {
			line, err := c.R.ReadSlice('\n')
			if err != nil {
				b.Fatal(err)
			}
			if len(line) == 2 {
				break
			}
		}
		if _, err := c.R.Discard(1); err != nil {
			b.Fatal(err)
		}
	}
	c.Close()
}

// One connection, one request after another: wire against net/http, and with
// a handler that looks whether its client is there.
func BenchmarkRequest(b *testing.B) {
	plain := func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "x") }
	looks := func(w http.ResponseWriter, r *http.Request) { r.Context().Done(); io.WriteString(w, "x") }
	b.Run("wire", func(b *testing.B) { benchmark(b, "goroutine", plain) })
	b.Run("wire/looks", func(b *testing.B) { benchmark(b, "goroutine", looks) })
	b.Run("net", func(b *testing.B) { benchmark(b, "goroutine:http=net", plain) })
}

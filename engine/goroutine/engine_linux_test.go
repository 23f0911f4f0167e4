package goroutine

import (
	"bufio"
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

	"go.uber.org/goleak"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/model"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func build(t testing.TB, text string) *Engine {
	t.Helper()
	cfg, err := model.ParseEngine(text)
	if err != nil {
		t.Fatal(err)
	}
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	e.(*Engine).SetLimits(engine.Limits{Linger: 10 * time.Millisecond})
	return e.(*Engine)
}

// start serves until the test ends and returns the address.
func start(t testing.TB, e *Engine, ln net.Listener, h http.HandlerFunc) (address string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- e.Serve(ctx, ln, h) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return ln.Addr().String()
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

func dial(t testing.TB, network, address string) (net.Conn, *bufio.Reader) {
	t.Helper()
	c, err := net.Dial(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(20 * time.Second))
	return c, bufio.NewReader(c)
}

// get asks for a path on a connection and returns the answer's body.
func get(t testing.TB, c net.Conn, r *bufio.Reader, path string) string {
	t.Helper()
	fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path)
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it never came about that %s", what)
		}
	}
}

func path(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Path) }

func TestProcsIsGOMAXPROCSWhileItServes(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	e := build(t, fmt.Sprint("goroutine:procs=", before+3))
	t.Run("serving", func(t *testing.T) {
		c, r := dial(t, "tcp", start(t, e, listen(t), func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, runtime.GOMAXPROCS(0), e.Stats().Threads)
		}))
		if got, want := get(t, c, r, "/"), fmt.Sprint(before+3, before+3); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
	if got := runtime.GOMAXPROCS(0); got != before {
		t.Errorf("afterwards GOMAXPROCS is %d, it was %d", got, before)
	}
}

func TestAnEngineServesOnce(t *testing.T) {
	e := build(t, "goroutine")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := e.Serve(ctx, listen(t), http.NotFoundHandler()); err != nil {
		t.Fatal(err)
	}
	ln := listen(t)
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
		e, ln := build(t, text), listen(t)
		served := make(chan error, 1)
		go func() { served <- e.Serve(t.Context(), ln, http.HandlerFunc(path)) }()
		c, r := dial(t, "tcp", ln.Addr().String())
		get(t, c, r, "/")
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
		c, r := dial(t, "unix", start(t, build(t, text), ln, path))
		if got := get(t, c, r, "/a"); got != "/a" {
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
		if err := build(t, text).Serve(t.Context(), ln, http.HandlerFunc(path)); err == nil || !strings.Contains(err.Error(), "TCP or Unix") {
			t.Errorf("%s: %v", text, err)
		}
		b.Close()
	}
}

// A handler that ends its goroutine takes its connection with it, and nothing
// else.
func TestGoexitInAHandlerIsCleanedUpAfter(t *testing.T) {
	e := build(t, "goroutine")
	address := start(t, e, listen(t), func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/exit" {
			r.Context().Done()
			runtime.Goexit()
		}
		path(w, r)
	})
	c, r := dial(t, "tcp", address)
	fmt.Fprint(c, "GET /exit HTTP/1.1\r\nHost: a\r\n\r\n")
	if _, err := r.ReadByte(); err == nil {
		t.Error("an answer came")
	}
	eventually(t, "it is off the accounts", func() bool { s := e.Stats(); return s.InFlight == 0 && s.Connections == 0 })
	c2, r2 := dial(t, "tcp", address)
	if got := get(t, c2, r2, "/b"); got != "/b" {
		t.Errorf("%q", got)
	}
}

// The lazy deadline of idle connections must not hit a slow body that comes
// after it would have struck.
func TestIdleDeadlineDoesNotStrikeInABody(t *testing.T) {
	const keepAlive = 100 * time.Millisecond
	began := make(chan struct{}, 1)
	address := start(t, build(t, "goroutine:keepalive=100ms"), listen(t), func(w http.ResponseWriter, r *http.Request) {
		began <- struct{}{}
		b, err := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %v", b, err)
	})
	c, r := dial(t, "tcp", address)
	fmt.Fprint(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc")
	<-began
	time.Sleep(2 * keepAlive) // not for a state: for a deadline that must not be there
	fmt.Fprint(c, "def")
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := io.ReadAll(res.Body); string(b) != "abcdef <nil>" {
		t.Errorf("%s", b)
	}
}

// Requests that come closer together than keepalive keep a connection, for
// longer than keepalive in all.
func TestIdleDeadlineIsPutOff(t *testing.T) {
	address := start(t, build(t, "goroutine:keepalive=250ms"), listen(t), path)
	for !outlivesKeepAlive(t, address, 250*time.Millisecond) {
		t.Log("this machine stalled; again")
	}
}

// outlivesKeepAlive reports false if it was too slow itself to tell.
func outlivesKeepAlive(t *testing.T, address string, keepAlive time.Duration) bool {
	c, r := dial(t, "tcp", address)
	last := time.Now()
	for began := last; time.Since(began) < 3*keepAlive; time.Sleep(keepAlive / 25) {
		stalled := time.Since(last) > keepAlive/2
		last = time.Now()
		_, err := io.WriteString(c, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
		if err == nil {
			_, err = http.ReadResponse(r, &http.Request{Method: "HEAD"})
		}
		if err != nil {
			if !stalled {
				t.Errorf("closed after %v, though in use: %v", time.Since(began), err)
			}
			return !stalled
		}
	}
	if b, err := r.ReadByte(); err != io.EOF {
		t.Errorf("an idle connection was not closed: %q %v", b, err)
	}
	return true
}

// Nothing is watched, and no goroutine started, for handlers that do not ask
// whether the client is there.
func TestContextCostsNothingUnlessUsed(t *testing.T) {
	var goroutines atomic.Int64
	e := build(t, "goroutine")
	c, r := dial(t, "tcp", start(t, e, listen(t), func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/derive" {
			ctx, cancel := context.WithCancel(r.Context()) // must not take a goroutine
			defer cancel()
			_, more := context.WithTimeout(ctx, time.Hour)
			defer more()
		}
		goroutines.Store(int64(runtime.NumGoroutine()))
		path(w, r)
	}))
	get(t, c, r, "/plain")
	plain := goroutines.Load()
	for range 20 { // one goroutine in all reads the epoll set; a request adds none
		get(t, c, r, "/derive")
	}
	if watching := goroutines.Load() - plain; watching > 1 {
		t.Errorf("%d goroutines more", watching)
	}
}

func benchmark(b *testing.B, text string, h http.HandlerFunc) {
	c, r := dial(b, "tcp", start(b, build(b, text), listen(b), h))
	request := []byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Write(request); err != nil {
			b.Fatal(err)
		}
		for {
			line, err := r.ReadSlice('\n')
			if err != nil {
				b.Fatal(err)
			}
			if len(line) == 2 {
				break
			}
		}
		if _, err := r.Discard(1); err != nil {
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

package thread

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/model"
)

// Keeps the main thread for the main goroutine. Where a goroutine that locked
// it ends, Go does not end that thread, and the tests count threads.
func init() { runtime.LockOSThread() }

// An engine of this kind is given a processor for each thread; see Procs.
func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		if err := beChild(role); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	runtime.GOMAXPROCS(64)
	goleak.VerifyTestMain(m)
}

func config(t testing.TB, text string) model.EngineConfig {
	t.Helper()
	cfg, err := model.ParseEngine(text)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// running is an engine that serves.
type running struct {
	*Engine
	address string
	cancel  context.CancelFunc
	ended   chan error
	once    sync.Once
	err     error
}

func serve(t testing.TB, text string, h http.HandlerFunc) *running {
	t.Helper()
	e, err := newEngine(config(t, text))
	if err != nil {
		t.Fatal(err)
	}
	// No test is to wait for the default linger.
	e.SetLimits(engine.Limits{Linger: 20 * time.Millisecond})
	return start(t, e, h)
}

func start(t testing.TB, e *Engine, h http.HandlerFunc) *running {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{Engine: e, address: ln.Addr().String(), cancel: cancel, ended: make(chan error, 1)}
	go func() { r.ended <- e.Serve(ctx, ln, h) }()
	t.Cleanup(func() { r.stop(t) })
	return r
}

// stop ends the engine and waits for Serve to return.
func (r *running) stop(t testing.TB) {
	t.Helper()
	r.once.Do(func() {
		r.cancel()
		select {
		case r.err = <-r.ended:
		case <-time.After(patience):
			t.Fatalf("Serve has not returned %v after its context ended: %+v", patience, r.Stats())
		}
	})
	if r.err != nil {
		t.Errorf("Serve: %v", r.err)
	}
}

const patience = 20 * time.Second

// await polls until a state is there.
func await(t testing.TB, what string, state func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !state(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// A client is one connection to an engine.
type client struct {
	net.Conn
	r *bufio.Reader
	t testing.TB
}

func connectTo(t testing.TB, address string) *client {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(patience))
	t.Cleanup(func() { c.Close() })
	return &client{c, bufio.NewReader(c), t}
}

func (c *client) send(path string) *client {
	c.t.Helper()
	if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: test\r\n\r\n", path); err != nil {
		c.t.Fatal(err)
	}
	return c
}

func (c *client) answer() (*http.Response, string) {
	c.t.Helper()
	res, err := http.ReadResponse(c.r, nil)
	if err != nil {
		c.t.Fatalf("read response: %v", err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatalf("read body: %v", err)
	}
	return res, string(b)
}

func (c *client) expect(status int) string {
	c.t.Helper()
	res, body := c.answer()
	if res.StatusCode != status {
		c.t.Fatalf("status %d %q, want %d", res.StatusCode, body, status)
	}
	return body
}

// ended reads to the end of the connection, which must not be a reset.
func (c *client) ended() {
	c.t.Helper()
	if b, err := io.ReadAll(c.r); err != nil || len(b) > 0 {
		c.t.Fatalf("want a clean end of the connection, got %q, %v", b, err)
	}
}

// A gate holds requests until it is opened, and knows how many it holds. It
// is what stands behind a handler under test.
type gate struct {
	address string
	open    chan struct{}
	now     atomic.Int64
	peak    atomic.Int64
}

func newGate(t testing.TB) *gate {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{address: ln.Addr().String(), open: make(chan struct{})}
	var conns sync.WaitGroup
	conns.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			conns.Go(func() { g.hold(c) })
		}
	})
	t.Cleanup(func() {
		ln.Close()
		g.release()
		conns.Wait()
	})
	return g
}

// hold answers one byte with one byte.
func (g *gate) hold(c net.Conn) {
	defer c.Close()
	var b [1]byte
	for {
		if _, err := c.Read(b[:]); err != nil {
			return
		}
		n := g.now.Add(1)
		for old := g.peak.Load(); n > old && !g.peak.CompareAndSwap(old, n); old = g.peak.Load() {
		}
		<-g.open
		g.now.Add(-1)
		if _, err := c.Write(b[:]); err != nil {
			return
		}
	}
}

func (g *gate) release() {
	select {
	case <-g.open:
	default:
		close(g.open)
	}
}

// pass goes through the gate on a connection of the task.
func (g *gate) pass(task engine.Task) error {
	c, err := task.Dial(context.Background(), "tcp", g.address)
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

// through is a handler that awaits the gate.
func (g *gate) through(w http.ResponseWriter, r *http.Request) {
	if err := engine.TaskOf(r.Context()).Await("gate", g.pass); err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	_, _ = io.WriteString(w, "through")
}

// tasksOf returns what a file of /proc says of each thread of the process
// whose name is given; "" is any.
func tasksOf(name, file string) []string {
	dirs, _ := filepath.Glob("/proc/self/task/*")
	var texts []string
	for _, dir := range dirs {
		comm, err := os.ReadFile(dir + "/comm")
		if err != nil || name != "" && strings.TrimSpace(string(comm)) != name {
			continue // it has ended, or is another
		}
		b, err := os.ReadFile(dir + "/" + file)
		if err == nil {
			texts = append(texts, strings.TrimSpace(string(b)))
		}
	}
	return texts
}

func tasks(t testing.TB, name, file string) []string {
	t.Helper()
	if len(tasksOf("", "comm")) == 0 {
		t.Fatal("/proc does not show the threads of this process")
	}
	return tasksOf(name, file)
}

// inSyscall counts the threads of a name that sleep in a system call.
func inSyscall(t testing.TB, name string, number int) int {
	t.Helper()
	n := 0
	for _, text := range tasks(t, name, "syscall") {
		if strings.HasPrefix(text, fmt.Sprintf("%d ", number)) {
			n++
		}
	}
	return n
}

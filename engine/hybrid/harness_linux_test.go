package hybrid

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/model"
)

// Keeps the main thread for the main goroutine. Where a goroutine that locked
// it ends, Go does not end that thread.
func init() { runtime.LockOSThread() }

// An engine of this kind is given a processor for each thread; see Procs.
func TestMain(m *testing.M) {
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
	t       testing.TB
	address string
	cancel  context.CancelFunc
	ended   chan error
	once    sync.Once
}

func serve(t testing.TB, text string, h http.HandlerFunc) *running {
	t.Helper()
	return planted(t, text, Plant{}, h)
}

func planted(t testing.TB, text string, p Plant, h http.HandlerFunc) *running {
	t.Helper()
	e, err := NewPlanted(config(t, text), p)
	if err != nil {
		t.Fatal(err)
	}
	// No test is to wait for the default linger.
	e.SetLimits(engine.Limits{Linger: 20 * time.Millisecond})
	var plain net.ListenConfig
	plain.SetMultipathTCP(false)
	ln, err := plain.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{Engine: e, t: t, address: ln.Addr().String(), cancel: cancel, ended: make(chan error, 1)}
	go func() { r.ended <- e.Serve(ctx, ln, h) }()
	t.Cleanup(r.stop)
	return r
}

// stop ends the engine and waits for Serve to return.
func (r *running) stop() {
	r.t.Helper()
	r.once.Do(func() {
		r.cancel()
		select {
		case err := <-r.ended:
			if err != nil {
				r.t.Errorf("Serve: %v", err)
			}
		case <-time.After(patience):
			r.t.Fatalf("Serve has not returned %v after its context ended: %+v", patience, r.Stats())
		}
	})
}

// pool returns one of the engine's pools.
func (r *running) pool(name string) engine.PoolStats {
	for _, p := range r.Stats().Pools {
		if p.Name == name {
			return p
		}
	}
	r.t.Fatalf("no pool %q", name)
	return engine.PoolStats{}
}

// pooled waits until a pool has so many busy and so many queued.
func (r *running) pooled(name string, busy, queued int) {
	r.t.Helper()
	await(r.t, fmt.Sprintf("%s: %d busy, %d queued", name, busy, queued), func() bool {
		p := r.pool(name)
		return p.Busy == busy && p.Queued == queued
	})
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

func (r *running) connect() *client {
	r.t.Helper()
	c, err := net.Dial("tcp", r.address)
	if err != nil {
		r.t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(patience))
	r.t.Cleanup(func() { c.Close() })
	return &client{c, bufio.NewReader(c), r.t}
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

// get asks on a connection of its own.
func (r *running) get(path string) *client {
	r.t.Helper()
	return r.connect().send(path)
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

// holds waits until n are held.
func (g *gate) holds(t testing.TB, n int) {
	t.Helper()
	await(t, fmt.Sprintf("%d at the gate", n), func() bool { return g.now.Load() == int64(n) })
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

// verbs is a handler: the path is the verb in which it goes through the gate,
// or waits for it. Any other is light.
func (g *gate) verbs(w http.ResponseWriter, r *http.Request) {
	task := engine.TaskOf(r.Context())
	var err error
	switch r.URL.Path {
	case "/await":
		err = task.Await("gate", g.pass)
	case "/call":
		err = task.Call("gate", g.pass)
	case "/bare":
		err = g.pass(task)
	case "/block":
		err = task.Block("gate", func() error { g.wait(); return nil })
	case "/compute":
		task.Compute("gate", g.wait)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	fmt.Fprint(w, r.URL.Path)
}

// wait waits for the gate as ordinary Go does.
func (g *gate) wait() {
	g.now.Add(1)
	<-g.open
	g.now.Add(-1)
}

// thread returns the name of the calling thread.
func thread() string {
	var name [16]byte
	if err := unix.Prctl(unix.PR_GET_NAME, uintptr(unsafe.Pointer(&name)), 0, 0, 0); err != nil {
		return err.Error()
	}
	return unix.ByteSliceToString(name[:])
}

// tasks returns what a file of /proc says of each thread with that name.
func tasks(t testing.TB, name, file string) (texts []string) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		dir := "/proc/self/task/" + e.Name() + "/"
		if comm, err := os.ReadFile(dir + "comm"); err != nil || strings.TrimSpace(string(comm)) != name {
			continue // it has ended, or is another
		}
		if b, err := os.ReadFile(dir + file); err == nil {
			texts = append(texts, strings.TrimSpace(string(b)))
		}
	}
	return texts
}

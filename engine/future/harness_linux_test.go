package future

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/model"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		if err := beChild(role); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	runtime.GOMAXPROCS(64) // see Procs
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
}

func serve(t testing.TB, text string, h http.HandlerFunc) *running {
	t.Helper()
	e, err := newEngine(config(t, text))
	if err != nil {
		t.Fatal(err)
	}
	e.SetLimits(engine.Limits{Linger: 20 * time.Millisecond}) // no test is to wait for the default
	var plain net.ListenConfig
	plain.SetMultipathTCP(false)
	ln, err := plain.Listen(context.Background(), "tcp", "127.0.0.1:0")
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
		case err := <-r.ended:
			if err != nil {
				t.Errorf("Serve: %v", err)
			}
		case <-time.After(patience):
			t.Fatalf("Serve has not returned %v after its context ended: %+v", patience, r.Stats())
		}
	})
}

// silence keeps the log from telling of panics and stalls that a test causes.
func silence(t *testing.T) {
	before := log.Writer()
	log.SetOutput(io.Discard)
	t.Cleanup(func() { log.SetOutput(before) })
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

// An httpConn is one connection to an engine.
type httpConn struct {
	net.Conn
	r *bufio.Reader
	t testing.TB
}

func connectTo(t testing.TB, address string) *httpConn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(patience))
	t.Cleanup(func() { c.Close() })
	return &httpConn{c, bufio.NewReaderSize(c, 512), t}
}

func (c *httpConn) send(path string) *httpConn {
	c.t.Helper()
	if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: test\r\n\r\n", path); err != nil {
		c.t.Fatal(err)
	}
	return c
}

func (c *httpConn) expect(status int) *http.Response {
	c.t.Helper()
	res, err := http.ReadResponse(c.r, nil)
	if err != nil {
		c.t.Fatalf("read response: %v", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != status {
		c.t.Fatalf("status %d %q %v, want %d", res.StatusCode, body, err, status)
	}
	return res
}

// ask sends so many requests, each on a connection of its own.
func ask(t testing.TB, address string, n int, path string) []*httpConn {
	t.Helper()
	conns := make([]*httpConn, n)
	for i := range conns {
		conns[i] = connectTo(t, address).send(path)
	}
	return conns
}

func expect(conns []*httpConn, status int) {
	for _, c := range conns {
		c.t.Helper()
		c.expect(status)
	}
}

// inSyscall counts the threads of this process that sleep in a system call.
func inSyscall(t testing.TB, number int) int {
	t.Helper()
	files, err := filepath.Glob("/proc/self/task/*/syscall")
	if err != nil || len(files) == 0 {
		t.Fatal("/proc does not show the threads of this process")
	}
	n := 0
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err == nil && strings.HasPrefix(string(b), fmt.Sprintf("%d ", number)) {
			n++
		}
	}
	return n
}

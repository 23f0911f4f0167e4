package loop

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
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
	log.SetOutput(io.Discard) // panics and stalls are planted
	goleak.VerifyTestMain(m)
}

const patience = 20 * time.Second

// running is an engine that serves.
type running struct {
	engine.Engine
	address string
	cancel  context.CancelFunc
	ended   chan error
	once    sync.Once
}

func serve(t testing.TB, text string, h http.HandlerFunc) *running {
	t.Helper()
	return serveHandler(t, text, h)
}

func serveHandler(t testing.TB, text string, h http.Handler) *running {
	t.Helper()
	cfg, err := model.ParseEngine(text)
	if err != nil {
		t.Fatal(err)
	}
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	e.(engine.Limiter).SetLimits(engine.Limits{Linger: 20 * time.Millisecond})
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

// eventually polls until a state is there.
func eventually(t testing.TB, what string, state func() bool) {
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

func connect(t testing.TB, address string) *client {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &client{c, bufio.NewReaderSize(c, 512), t}
}

// send asks for a path.
func (c *client) send(path string) *client {
	c.t.Helper()
	if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path); err != nil {
		c.t.Fatal(err)
	}
	return c
}

// answer returns the body of the next answer.
func (c *client) answer() string {
	c.t.Helper()
	c.SetReadDeadline(time.Now().Add(patience))
	res, err := http.ReadResponse(c.r, nil)
	if err != nil {
		c.t.Fatalf("read an answer: %v", err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		c.t.Fatalf("answered %d %q, %v", res.StatusCode, body, err)
	}
	return string(body)
}

// An upstream echoes what it is sent, a line at a time, once it is open, and
// counts who waits.
type upstream struct {
	address string
	open    chan struct{}

	mu    sync.Mutex // guards what follows
	waits int
}

func startUpstream(t testing.TB) *upstream {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	u := &upstream{address: ln.Addr().String(), open: make(chan struct{})}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			all.Go(func() { defer c.Close(); u.echo(c) })
		}
	})
	t.Cleanup(func() { ln.Close(); all.Wait() })
	return u
}

func (u *upstream) echo(c net.Conn) {
	r := bufio.NewReaderSize(c, 128)
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return
		}
		u.count(1)
		<-u.open
		u.count(-1)
		if _, err := c.Write(line); err != nil {
			return
		}
	}
}

func (u *upstream) count(n int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.waits += n
}

func (u *upstream) waiting() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.waits
}

// ask asks the upstream, on a connection of its own.
func ask(t engine.Task, address string) error {
	c, err := t.Dial(context.Background(), "tcp", address)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := io.WriteString(c, "x\n"); err != nil {
		return err
	}
	_, err = io.ReadFull(c, make([]byte, 2))
	return err
}

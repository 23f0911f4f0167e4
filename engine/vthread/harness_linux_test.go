package vthread

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/model"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

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

// running is an engine that serves.
type running struct {
	*Engine
	t    testing.TB
	url  string
	stop func() // ends it, and waits until it has
	http *http.Client
	all  sync.WaitGroup // requests under way
}

func serve(t testing.TB, text string, h http.HandlerFunc) *running {
	return planted(t, text, Plant{}, h)
}

func planted(t testing.TB, text string, p Plant, h http.HandlerFunc) *running {
	t.Helper()
	cfg, err := model.ParseEngine(text)
	if err != nil {
		t.Fatal(err)
	}
	e, err := NewPlanted(cfg, p)
	if err != nil {
		t.Fatal(err)
	}
	e.SetLimits(engine.Limits{Linger: 20 * time.Millisecond})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- e.Serve(ctx, ln, h) }()
	r := &running{Engine: e, t: t, url: "http://" + ln.Addr().String(), http: &http.Client{Transport: &http.Transport{}}}
	r.stop = sync.OnceFunc(func() {
		cancel()
		r.http.CloseIdleConnections()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("Serve: %v", err)
			}
		case <-time.After(patience):
			t.Errorf("Serve has not returned: %+v", r.Stats())
		}
		if p := r.pool(); p.Busy != 0 || p.Pinned != 0 || p.Queued != 0 {
			t.Errorf("after Serve: %+v", p)
		}
	})
	t.Cleanup(func() { r.stop(); r.all.Wait() })
	return r
}

// pool is the account of the carriers.
func (r *running) pool() engine.PoolStats {
	if s := r.Stats(); len(s.Pools) > 0 {
		return s.Pools[0]
	}
	return engine.PoolStats{}
}

// get asks for a path; the answer has to be 200 and empty.
func (r *running) get(path string) {
	r.t.Helper()
	res, err := r.http.Get(r.url + path)
	if err != nil {
		r.t.Errorf("GET %s: %v", path, err)
		return
	}
	body, err := io.ReadAll(res.Body)
	res.Body.Close()
	if res.StatusCode != http.StatusOK || len(body) > 0 || err != nil {
		r.t.Errorf("GET %s: %d %q %v", path, res.StatusCode, body, err)
	}
}

// send is get on a goroutine, n times at once.
func (r *running) send(path string, n int) {
	for range n {
		r.all.Go(func() { r.get(path) })
	}
}

// An upstream answers each byte that it gets with one, once it is released. It
// counts what it holds, as the other side of the engine's sockets sees it.
type upstream struct {
	ln        net.Listener
	held, max atomic.Int64
	release   chan struct{}
	conns     sync.WaitGroup
}

func newUpstream(t testing.TB) *upstream {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	u := &upstream{ln: ln, release: make(chan struct{})}
	u.conns.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			u.conns.Go(func() { u.serve(c) })
		}
	})
	t.Cleanup(func() {
		u.open()
		ln.Close()
		u.conns.Wait()
	})
	return u
}

func (u *upstream) serve(c net.Conn) {
	defer c.Close()
	var b [1]byte
	for {
		if _, err := c.Read(b[:]); err != nil {
			return
		}
		n := u.held.Add(1)
		for most := u.max.Load(); n > most && !u.max.CompareAndSwap(most, n); most = u.max.Load() {
		}
		<-u.release
		u.held.Add(-1)
		if _, err := c.Write(b[:]); err != nil {
			return
		}
	}
}

// open releases all that are held, and all that come.
func (u *upstream) open() {
	select {
	case <-u.release:
	default:
		close(u.release)
	}
}

// ask waits for the upstream, on a connection of t.
func (u *upstream) ask(t engine.Task) error {
	c, err := t.Dial(context.Background(), "tcp", u.ln.Addr().String())
	if err != nil {
		return err
	}
	defer c.Close()
	var b [1]byte
	if _, err := c.Write(b[:]); err != nil {
		return err
	}
	_, err = c.Read(b[:])
	return err
}

// A gate is where blocks wait, in no way that an engine could know of.
type gate struct {
	now, max atomic.Int64
	through  chan struct{}
}

func newGate(t testing.TB) *gate {
	g := &gate{through: make(chan struct{})}
	t.Cleanup(g.open)
	return g
}

func (g *gate) pass() error {
	n := g.now.Add(1)
	for most := g.max.Load(); n > most && !g.max.CompareAndSwap(most, n); most = g.max.Load() {
	}
	<-g.through
	g.now.Add(-1)
	return nil
}

func (g *gate) open() {
	select {
	case <-g.through:
	default:
		close(g.through)
	}
}

// must panics, for handlers: the answer is 500 then.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// dial opens a connection of its own.
func (r *running) dial() net.Conn {
	r.t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { c.Close() })
	return c
}

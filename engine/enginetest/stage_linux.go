package enginetest

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/engine"
)

// A gate is what functions wait at that no runtime can suspend: a read(2) of a
// pipe in blocking mode.
type gate struct {
	r, w int
	now  atomic.Int64
}

func newGate(t testing.TB) *gate {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	g := &gate{r: fds[0], w: fds[1]}
	t.Cleanup(func() { unix.Close(g.r) })
	return g
}

// pass waits for a byte, or for the end.
func (g *gate) pass() error {
	g.now.Add(1)
	defer g.now.Add(-1)
	var b [1]byte
	for {
		if _, err := unix.Read(g.r, b[:]); err != unix.EINTR {
			return err
		}
	}
}

// open lets n go, now or when they come.
func (g *gate) open(n int) { _, _ = unix.Write(g.w, make([]byte, n)) }

// end lets all go from now on. Whoever makes a gate has it ended.
func (g *gate) end() { unix.Close(g.w) }

// A stage has the engine serve requests that wait inside a step that is inside
// another step, "/OUTER/INNER", and sees how many wait at once.
type stage struct {
	h      *harness
	up     *upstream
	gate   *gate
	taken  *engine.Resource // its slot is the stage's, until it lets go
	locked *engine.Resource // the same, of a monitor
	asks   []*client
	light  *client
	leaves []leaf
	outers []verb

	over  chan struct{} // closed: the upstream lets everybody go
	gives sync.WaitGroup
	end   func() // lets everything go, so that the engine can stop
}

// A leaf is a step that waits, how many do, and how to let n go.
type leaf struct {
	name string
	run  func(engine.Task) error
	now  func() int
	open func(n int)
}

// Where a step is: in no other, or after an await has ended.
const (
	outside = "handler"
	after   = "after await"
)

// bareIO is I/O in no verb but those around it.
const bareIO = "I/O"

// newStage has the engine serve, to that many clients and one more.
func newStage(h *harness, asked int) *stage {
	s := &stage{
		h: h, up: h.upstream(), gate: newGate(h.t),
		taken: engine.NewResource("taken", 1), locked: engine.NewResource("locked", 1, engine.Monitor),
		over: make(chan struct{}),
	}
	fetch := func(t engine.Task) error { _, err := s.up.get(t, "/"); return err }
	let := func(n int) { // now or when they come, as a gate does
		s.gives.Go(func() {
			for range n {
				select {
				case s.up.gate <- struct{}{}:
				case <-s.over:
					return
				}
			}
		})
	}
	atUpstream := func() int { now, _, _ := s.up.gauge(); return now }
	atGate := func() int { return int(s.gate.now.Load()) }
	slot := func(name string, r *engine.Resource) leaf {
		return leaf{name, func(t engine.Task) error { return t.Hold(r, nothing) },
			func() int { return r.Stats().Waiting }, func(int) { r.Release() }}
	}
	s.leaves = []leaf{
		{bareIO, fetch, atUpstream, let},
		{"await", func(t engine.Task) error { return t.Await("inner", fetch) }, atUpstream, let},
		{"call", func(t engine.Task) error { return t.Call("inner", fetch) }, atUpstream, let},
		{"compute", func(t engine.Task) (err error) {
			t.Compute("inner", func() { err = s.gate.pass() })
			return err
		}, atGate, s.gate.open},
		{"block", func(t engine.Task) error { return t.Block("inner", s.gate.pass) }, atGate, s.gate.open},
		slot("hold", s.taken), slot("monitor", s.locked),
		{"all", func(t engine.Task) error {
			return t.All("inner", nothing, func(t engine.Task) error { return t.Await("branch", fetch) })
		}, atUpstream, let},
	}
	s.outers = append([]verb{
		{outside, func(_ *http.Request, t engine.Task, f func(engine.Task) error) error { return f(t) }},
		{after, func(_ *http.Request, t engine.Task, f func(engine.Task) error) error {
			if err := t.Await("first", func(t engine.Task) error { t.Sleep(time.Microsecond); return nil }); err != nil {
				return err
			}
			return f(t)
		}},
	}, verbs(engine.NewResource("room", asked))...)
	room := engine.NewResource("monitor", asked, engine.Monitor)
	s.outers = append(s.outers, verb{"monitor", func(_ *http.Request, t engine.Task, f func(engine.Task) error) error { return t.Hold(room, f) }})
	h.serve(alive(s.handle))
	s.end = sync.OnceFunc(s.letAllGo)
	h.t.Cleanup(s.end)
	for range asked {
		s.asks = append(s.asks, h.dial())
	}
	s.light = h.dial()
	return s
}

func (s *stage) letAllGo() {
	close(s.over)
	s.gives.Wait()
	s.up.open()
	s.gate.end()
	for _, r := range []*engine.Resource{s.taken, s.locked} {
		for r.Stats().InUse > 0 {
			r.Release()
		}
	}
}

func (s *stage) handle(w http.ResponseWriter, r *http.Request) {
	outer, inner := s.find(strings.ReplaceAll(strings.TrimPrefix(r.URL.Path, "/"), "_", " "))
	fmt.Fprint(w, outer.run(r, engine.TaskOf(r.Context()), inner.run))
}

func (s *stage) find(path string) (outer verb, inner leaf) {
	a, b, _ := strings.Cut(path, "/")
	for _, v := range s.outers {
		if v.name == a {
			outer = v
		}
	}
	for _, l := range s.leaves {
		if l.name == strings.ReplaceAll(b, "IO", "I/O") {
			inner = l
		}
	}
	return outer, inner
}

func path(outer, inner string) string {
	return "/" + strings.ReplaceAll(outer, " ", "_") + "/" + strings.ReplaceAll(inner, "I/O", "IO")
}

func (s *stage) ask(outer, inner string) {
	switch inner {
	case "hold":
		s.taken.Acquire(nil) // free, so nobody parks
	case "monitor":
		s.locked.Acquire(nil)
	}
	for _, c := range s.asks {
		c.SetDeadline(time.Now().Add(s.h.patience))
		c.send("GET %s HTTP/1.1\nHost: a\n\n", path(outer, inner))
	}
}

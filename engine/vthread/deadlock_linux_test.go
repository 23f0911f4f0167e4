package vthread

import (
	"log"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
)

// logged collects what is logged until the test ends.
func logged(t *testing.T) func() string {
	var l logs
	before := log.Writer()
	log.SetOutput(&l)
	t.Cleanup(func() { log.SetOutput(before) })
	return l.text
}

type logs struct {
	mu sync.Mutex // guards b
	b  strings.Builder
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logs) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// The case of Netflix, 2024: the owner of a lock is unmounted, and every carrier
// is pinned by a thread that waits for that lock inside a monitor.
func deadlock(t *testing.T, text string) (*running, *engine.Resource, *rig.Gate) {
	up := rig.NewGate(t)
	lock := engine.NewResource("the lock", 1)
	r := serve(t, text, func(_ http.ResponseWriter, req *http.Request) {
		task := engine.TaskOf(req.Context())
		if req.URL.Path == "/owner" {
			must(task.Hold(lock, func(t engine.Task) error { return t.Call("upstream", up.Pass) }))
			return
		}
		must(task.Hold(engine.NewResource("own", 1, engine.Monitor), func(t engine.Task) error {
			return t.Hold(lock, func(engine.Task) error { return nil })
		}))
	})
	r.send("/owner", 1)
	up.Holds(t, 1)
	r.send("/", 2)
	rig.Eventually(t, "two wait for it", func() bool { return lock.Stats().Waiting == 2 })
	return r, lock, up
}

func TestADeadlockOfPinnedCarriersIsReported(t *testing.T) {
	text := logged(t)
	r, _, up := deadlock(t, "vthread:carriers=2,pinning=jdk21")
	rig.Eventually(t, "it is found", func() bool { return len(r.Stats().Deadlocks) == 1 })
	d := r.Stats().Deadlocks[0]
	if len(d.Waits) != 2 || d.Waits[0] != (engine.PinnedWait{Op: "the lock", Verb: "hold", Resource: "the lock"}) || d.At == 0 {
		t.Errorf("%+v", d)
	}
	rig.Eventually(t, "it is logged", func() bool {
		return strings.Contains(text(), `deadlock: each of the 2 carriers is pinned`) && strings.Contains(text(), `"the lock"`)
	})
	// The answer for the owner comes, and finds no carrier.
	up.Open()
	up.Holds(t, 0)
	if s := r.Stats(); s.Responses != 0 || s.InFlight != 3 {
		t.Errorf("%d answered, %d in flight", s.Responses, s.InFlight)
	}
	// Stopping undoes it: whoever was received is answered.
	r.Stop()
	r.all.Wait()
	if s := r.Stats(); s.Responses != 3 || len(s.Deadlocks) != 1 {
		t.Errorf("%d answered, deadlocks %+v", s.Responses, s.Deadlocks)
	}
}

func TestWithoutPinsThereIsNoDeadlock(t *testing.T) {
	r, _, up := deadlock(t, "vthread:carriers=2,pinning=jdk24")
	up.Open()
	r.all.Wait()
	if s := r.Stats(); s.Responses != 3 || len(s.Deadlocks) != 0 {
		t.Errorf("%d answered, deadlocks %+v", s.Responses, s.Deadlocks)
	}
}

// A lock that somebody outside the engine has, or may have soon, is nobody's
// deadlock.
func TestWhoIsInsideAHold(t *testing.T) {
	var e entrants
	lock := engine.NewResource("lock", 1)
	lock.Acquire(engine.NewParker)
	if e.all(lock) {
		t.Error("somebody else has it")
	}
	e.enter(engine.NewResource("lock", 1)) // another
	if e.all(lock) {
		t.Error("somebody else has it, and the name is all that is the same")
	}
	e.enter(lock)
	if !e.all(lock) {
		t.Error("nobody else has it")
	}
	waits := make(chan struct{})
	go func() { defer close(waits); lock.Acquire(engine.NewParker) }()
	rig.Eventually(t, "somebody waits", func() bool { return lock.Stats().Waiting == 1 })
	if e.all(lock) {
		t.Error("somebody else waits for it")
	}
	lock.Release()
	<-waits
	lock.Release()
}

// Handlers make resources for one request, and nothing of those stays.
func TestAResourceThatNobodyUsesIsForgotten(t *testing.T) {
	r := serve(t, "vthread:carriers=1", func(_ http.ResponseWriter, req *http.Request) {
		own := engine.NewResource("of the request", 1)
		must(engine.TaskOf(req.Context()).Hold(own, func(engine.Task) error { return nil }))
	})
	r.want("/")
	e := &r.threads.Load().entrants
	e.mu.Lock()
	defer e.mu.Unlock()
	if n := len(e.counts); n > 0 {
		t.Errorf("%d are remembered", n)
	}
}

// The wait of a Hold that a context ends is none that lasts for ever.
func TestABoundedWaitIsNoDeadlock(t *testing.T) {
	lock := engine.NewResource("lock", 1)
	up := rig.NewGate(t)
	r := serve(t, "vthread:carriers=1,pinning=jdk21", func(_ http.ResponseWriter, req *http.Request) {
		task := engine.TaskOf(req.Context())
		if req.URL.Path == "/owner" {
			must(task.Hold(lock, func(t engine.Task) error { return t.Call("upstream", up.Pass) }))
			return
		}
		must(task.Hold(engine.NewResource("own", 1, engine.Monitor), func(t engine.Task) error {
			_ = engine.HoldContext(req.Context(), t, lock, func(engine.Task) error { return nil })
			return nil
		}))
	})
	r.send("/owner", 1)
	up.Holds(t, 1)
	c := r.Get("/")
	rig.Eventually(t, "one waits for it, pinned", func() bool { return lock.Stats().Waiting == 1 && r.pool().Pinned == 1 })
	c.Close() // its context ends, and with it the wait
	up.Open()
	r.all.Wait()
	if d := r.Stats().Deadlocks; len(d) != 0 {
		t.Errorf("%+v", d)
	}
}

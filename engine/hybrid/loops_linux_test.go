package hybrid

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
)

// capture has the log go to f.
func capture(t *testing.T, f func([]byte)) {
	before := log.Writer()
	log.SetOutput(writer(f))
	t.Cleanup(func() { log.SetOutput(before) })
}

type writer func([]byte)

func (f writer) Write(p []byte) (int, error) { f(p); return len(p), nil }

// where answers with the thread that runs the handler.
func where(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, unix.Gettid()) }

// spread connects until each of two loops has two clients, and returns those of
// one and those of the other.
func (r *running) spread() (here, there []*rig.Conn) {
	r.t.Helper()
	loops := map[string][]*rig.Conn{}
	for range 200 {
		c := r.Dial()
		loop := c.Send("/where").Expect(200)
		loops[loop] = append(loops[loop], c)
		var full [][]*rig.Conn
		for _, clients := range loops {
			if len(clients) >= 2 {
				full = append(full, clients)
			}
		}
		if len(full) == 2 {
			return full[0], full[1]
		}
	}
	r.t.Fatalf("200 connections went to %d loops", len(loops))
	return nil, nil
}

// The kernel spreads clients over the loops' accept queues, and a connection
// stays on its loop through every verb.
func TestAConnectionStaysOnItsLoop(t *testing.T) {
	g := rig.NewGate(t)
	g.Open()
	r := serve(t, "hybrid:loops=2,workers=1", func(w http.ResponseWriter, req *http.Request) {
		g.Verbs(httpDiscard{w}, req)
		where(w, req)
	})
	here, there := r.spread()
	home := map[*rig.Conn]string{}
	for _, c := range append(here, there...) {
		home[c] = c.Send("/").Expect(200)
	}
	for range 5 {
		for c, loop := range home {
			for _, verb := range []string{"/await", "/call", "/compute", "/block", "/bare"} {
				if got := c.Send(verb).Expect(200); got != loop {
					t.Errorf("%s began on another thread than the %s it was on", got, loop)
				}
			}
		}
	}
	rig.Eventually(t, "there are two loops", func() bool { // those of engines that have stopped end in their own time
		return len(rig.Threads("plimsoll-loop", "comm")) == 2
	})
}

// httpDiscard keeps a handler's answer from the response.
type httpDiscard struct{ http.ResponseWriter }

func (httpDiscard) Write(p []byte) (int, error) { return len(p), nil }

// An await that waits in something else than its connections keeps its loop, and
// that one only; it is named, and told once.
func TestAMislabelledAwaitStopsItsLoopAndNoOther(t *testing.T) {
	var told atomic.Int64
	capture(t, func(p []byte) {
		if strings.Contains(string(p), `await "lookup" never suspended`) {
			told.Add(1)
		}
	})
	g := rig.NewGate(t)
	var begun atomic.Int64
	r := serve(t, "hybrid:loops=2,workers=1,slow=1ms", func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/where":
			where(w, r)
		case "/mislabelled":
			_ = engine.TaskOf(r.Context()).Await("lookup", func(engine.Task) error { g.Wait(); return nil })
		case "/behind":
			begun.Add(1)
		}
	})
	here, there := r.spread()
	here[0].Send("/mislabelled")
	g.Holds(t, 1)
	since := time.Now()
	here[1].Send("/behind")
	for range 10 {
		there[0].Send("/").Expect(200)
		there[1].Send("/").Expect(200)
	}
	rig.Eventually(t, "it is slow", func() bool { return time.Since(since) > 2*time.Millisecond })
	if n := begun.Load(); n != 0 {
		t.Error("a request of the stalled loop was served")
	}
	g.Open()
	here[0].Expect(200)
	here[1].Expect(200)
	r.Stop()
	s := r.Stats()
	if !slices.ContainsFunc(s.Stalls, func(s engine.StallStats) bool {
		return s.Op == "lookup" && s.Verb == "await" && s.Count == 1 && s.Max >= int64(2*time.Millisecond)
	}) {
		t.Errorf("stalls %+v", s.Stalls)
	}
	if n := told.Load(); n != 1 {
		t.Errorf("told %d times", n)
	}
	var stalled int64
	for _, l := range s.Loops {
		stalled += l.StalledNanos
		if l.Turns == 0 || l.BusyNanos == 0 || l.BusyNanos < l.StalledNanos {
			t.Errorf("%+v", l)
		}
	}
	if len(s.Loops) != 2 || stalled < int64(2*time.Millisecond) {
		t.Errorf("loops %+v", s.Loops)
	}
}

// Steps that are where they belong stall nothing, however long they take.
func TestStepsOnWorkersAreNoStalls(t *testing.T) {
	g := rig.NewGate(t)
	r := serve(t, "hybrid:loops=1,workers=1,slow=50ms", g.Verbs)
	var all []*rig.Conn
	for _, path := range []string{"/call", "/compute", "/block", "/bare", "/await"} {
		all = append(all, r.Get(path))
	}
	g.Holds(t, len(all))
	const held = 500 * time.Millisecond
	began := time.Now()
	rig.Eventually(t, "they are slow", func() bool { return time.Since(began) > held })
	g.Open()
	for _, c := range all {
		c.Expect(200)
	}
	r.Stop()
	for _, s := range r.Stats().Stalls {
		// A loop that others keep from its CPU stalls in whatever it does, but
		// not for as long as the steps take.
		if s.Op == "gate" && s.Max >= int64(held) {
			t.Errorf("%+v", s)
		}
	}
}

// A step's completion is the loop's next business: once its worker is done, a
// request that comes after does not overtake it.
func TestACompletedStepIsTakenUp(t *testing.T) {
	if n := takenUp(t, Plant{}, func() {}); n != 1 {
		t.Errorf("%d went on", n)
	}
}

// takenUp returns how many of one request went on after its step when another
// is answered that came after the step's worker was done. amend has the rest go
// on, too.
func takenUp(t testing.TB, p Plant, amend func()) int {
	var on atomic.Int64
	g := rig.NewGate(t)
	r := planted(t, "hybrid:loops=1,workers=1", p, func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/step" {
			_ = engine.TaskOf(r.Context()).Block("x", func() error { g.Wait(); return nil })
			on.Add(1)
		}
	})
	first := r.Get("/step")
	g.Holds(t, 1)
	r.Get("/").Expect(200) // so its coroutine is suspended: it finds nothing done by itself
	g.Open()
	rig.Eventually(t, "its worker is done", func() bool { return r.pool(engine.PoolBlocking).Done == 1 })
	r.Get("/").Expect(200)
	n := int(on.Load())
	amend()
	first.Expect(200)
	return n
}

// All loops share the cap on connections, and each holds back one more.
func TestConnectionsAreCappedOverAllLoops(t *testing.T) {
	r := serve(t, "hybrid:loops=2,workers=1,connections=3", where)
	var served []*rig.Conn
	for range 3 {
		c := r.Dial()
		c.Send("/").Expect(200)
		served = append(served, c)
	}
	var waiting []*rig.Conn
	for range 4 {
		waiting = append(waiting, r.Get("/"))
	}
	rig.Eventually(t, "the next is held back", func() bool { return r.Stats().Accepted >= 4 })
	served[0].Send("/").Expect(200)
	if n := r.Stats().Requests; n != 4 {
		t.Errorf("%d requests served, with 3 connections", n)
	}
	served[0].Close()
	rig.Eventually(t, "one gets in for one that left", func() bool { return r.Stats().Requests == 5 })
	if n := r.Stats().Connections; n > 3+2 {
		t.Errorf("%d connections, two of them held back", n)
	}
	var left sync.WaitGroup
	for _, c := range waiting {
		left.Go(func() { c.Expect(200); c.Close() })
	}
	left.Wait()
}

// On stop what is on the workers, and what waits for one, is finished.
func TestDrainWaitsForTheWorkers(t *testing.T) {
	g := rig.NewGate(t)
	r := serve(t, "hybrid:loops=2,workers=1,blocking=1", g.Verbs)
	var all []*rig.Conn
	for _, path := range []string{"/call", "/compute"} {
		all = append(all, r.Get(path))
		g.Holds(t, len(all))
	}
	for _, path := range []string{"/call", "/compute"} {
		all = append(all, r.Get(path))
	}
	r.pooled(engine.PoolBlocking, 1, 1)
	r.pooled(engine.PoolCPU, 1, 1)
	r.Cancel()
	rig.Eventually(t, "nobody gets in any more", func() bool {
		c, err := net.DialTimeout("tcp", r.Address, 50*time.Millisecond)
		if err == nil {
			c.Close()
		}
		return err != nil
	})
	if !r.Serving() {
		t.Fatal("Serve has returned, with requests on workers")
	}
	g.Open()
	for _, c := range all {
		c.Expect(200)
	}
	r.Stop()
	if s := r.Stats(); s.Responses != 4 || s.InFlight != 0 {
		t.Errorf("%+v", s)
	}
	for _, p := range r.Stats().Pools {
		if p.Threads != 0 || p.Busy != 0 || p.Queued != 0 {
			t.Errorf("%+v", p)
		}
	}
}

// A client that leaves while its request is on a worker is told of there.
func TestAClientThatLeavesEndsTheContextOnAWorker(t *testing.T) {
	var handlers sync.WaitGroup
	begun := make(chan struct{}, 2)
	r := serve(t, "hybrid:loops=1,workers=1,blocking=1", func(_ http.ResponseWriter, r *http.Request) {
		task := engine.TaskOf(r.Context())
		wait := func() { begun <- struct{}{}; <-r.Context().Done() }
		defer handlers.Done()
		if r.URL.Path == "/compute" {
			task.Compute("x", wait)
		} else {
			_ = task.Block("x", func() error { wait(); return nil })
		}
	})
	for _, path := range []string{"/compute", "/block"} {
		handlers.Add(1)
		c := r.Get(path)
		<-begun
		c.Close()
	}
	handlers.Wait()
}

// Loops on a unix socket accept from one queue.
func TestUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	e := rig.Build(t, "hybrid:loops=3,workers=1", newEngine)
	rig.ServeOn(t, e, ln, http.HandlerFunc(where))
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}}}
	for range 10 {
		res, err := client.Get("http://unix/")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	client.CloseIdleConnections()
}

func TestWhatCannotBeServed(t *testing.T) {
	if _, err := New(rig.Config(t, "thread")); err == nil || !strings.Contains(err.Error(), "hybrid:loops=2") {
		t.Errorf("another engine's configuration: %v", err)
	}
	e := rig.Build(t, "hybrid:loops=2", newEngine)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	for _, want := range []string{"hybrid: ", "serves once"} {
		if err := e.Serve(t.Context(), ln, http.NotFoundHandler()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("on a closed listener: %v", err)
		}
	}
}

// Whatever Serve lacks descriptors for, it says so and leaves none open.
func TestTooFewDescriptors(t *testing.T) {
	open := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	limit := func(n int) {
		l := unix.Rlimit{Cur: min(uint64(n), before.Max), Max: before.Max}
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
			t.Fatal(err)
		}
	}
	defer limit(int(before.Cur))
	failed := 0
	for spare := range 40 {
		e, err := newEngine(rig.Config(t, "hybrid:loops=3,workers=1"))
		if err != nil {
			t.Fatal(err)
		}
		e.SetLimits(engine.Limits{Linger: time.Millisecond})
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()        // who gets that far stops
		n := open() - 1 // less the listener, which Serve closes
		limit(n + spare)
		err = e.Serve(ctx, ln, http.NotFoundHandler())
		limit(int(before.Cur))
		if err != nil {
			failed++
			if !strings.Contains(err.Error(), "hybrid") || !errors.Is(err, unix.EMFILE) {
				t.Errorf("with %d descriptors to spare: %v", spare, err)
			}
		}
		if now := open(); now != n {
			t.Fatalf("with %d descriptors to spare %d were left open (%v)", spare, now-n, err)
		}
	}
	if failed == 0 || failed == 40 {
		t.Errorf("it failed %d times of 40", failed)
	}
}

package thread

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
	"github.com/plimsoll-dev/plimsoll/model"
)

func TestSleepBlocksTheThread(t *testing.T) {
	r := serve(t, "thread:max=2", func(_ http.ResponseWriter, req *http.Request) {
		engine.TaskOf(req.Context()).Sleep(100 * time.Millisecond)
	})
	c := r.Get("/")
	rig.Eventually(t, "a thread in clock_nanosleep", func() bool { return rig.InSyscall("plimsoll-exec", unix.SYS_CLOCK_NANOSLEEP) == 1 })
	c.Expect(http.StatusOK)
	rig.Eventually(t, "accounted", func() bool { return r.Stats().InFlight == 0 })
	if got := time.Duration(r.Stats().Residence[model.Awaiting]); got < 100*time.Millisecond {
		t.Errorf("slept for 100ms, %v of it accounted", got)
	}
}

func TestHoldBlocksTheThread(t *testing.T) {
	g := rig.NewGate(t)
	one := engine.NewResource("one", 1)
	r := serve(t, "thread:max=3,spare=0", func(_ http.ResponseWriter, req *http.Request) {
		if err := engine.TaskOf(req.Context()).Hold(one, g.Pass); err != nil {
			t.Error(err)
		}
	})
	clients := make([]*rig.Conn, 3)
	for i := range clients {
		clients[i] = r.Get("/")
	}
	rig.Eventually(t, "two threads in futex, one in read", func() bool {
		return one.Stats().Waiting == 2 &&
			rig.InSyscall("plimsoll-exec", unix.SYS_FUTEX) == 2 && rig.InSyscall("plimsoll-exec", unix.SYS_READ) == 1
	})
	g.Open()
	for _, c := range clients {
		c.Expect(http.StatusOK)
	}
	if peak := g.Peak(); peak != 1 {
		t.Errorf("%d held the one at once", peak)
	}
}

func TestBranchesRunOnThreadsOfTheirOwn(t *testing.T) {
	g := rig.NewGate(t)
	var mu sync.Mutex
	var first int
	var branches []int
	r := serve(t, "thread:max=1,spare=1,idle=50ms", func(_ http.ResponseWriter, req *http.Request) {
		branch := func(task engine.Task) error {
			mu.Lock()
			branches = append(branches, unix.Gettid())
			mu.Unlock()
			return g.Pass(task)
		}
		mu.Lock()
		first = unix.Gettid()
		mu.Unlock()
		if err := engine.TaskOf(req.Context()).All("all", branch, branch, branch); err != nil {
			t.Error(err)
		}
	})
	c := r.Get("/")
	rig.Eventually(t, "three branches at the upstream, two auxiliary threads", func() bool {
		return g.Now() == 3 && r.Auxiliary() == 2 &&
			rig.InSyscall("plimsoll-branch", unix.SYS_READ) == 2 && rig.InSyscall("plimsoll-exec", unix.SYS_READ) == 1
	})
	if s := r.Stats(); s.Threads != 1 || s.Busy != 1 {
		t.Errorf("%d threads, %d busy: the pool has one", s.Threads, s.Busy)
	}
	g.Open()
	c.Expect(http.StatusOK)
	mu.Lock()
	slices.Sort(branches)
	if len(slices.Compact(branches)) != 3 || !slices.Contains(branches, first) {
		t.Errorf("branches ran on threads %v, the request on %d", branches, first)
	}
	mu.Unlock()
	rig.Eventually(t, "auxiliary threads end when idle", func() bool { return r.Auxiliary() == 0 && len(rig.Threads("plimsoll-branch", "comm")) == 0 })
}

func TestErrorsOfBranches(t *testing.T) {
	bad := errors.New("bad")
	r := serve(t, "thread:max=1", func(w http.ResponseWriter, req *http.Request) {
		ok := func(engine.Task) error { return nil }
		err := engine.TaskOf(req.Context()).All("all", ok, func(engine.Task) error { return bad }, ok)
		fmt.Fprint(w, errors.Is(err, bad))
	})
	if got := r.Get("/").Expect(http.StatusOK); got != "true" {
		t.Errorf("the branch's error did not come out: %s", got)
	}
}

package hybrid

import (
	"runtime"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
	"github.com/plimsoll-dev/plimsoll/internal/account"
)

// A processor for each thread, while there is one, and not one more than that
// rounded up.
func TestProcessorsFollowTheThreads(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	g := rig.NewGate(t)
	r := serve(t, "hybrid:loops=1,workers=3", g.Verbs)
	r.Get("/").Expect(200)
	if n := runtime.GOMAXPROCS(0); n != 4 {
		t.Errorf("%d processors for a loop and 3 workers", n)
	}
	var calls []*rig.Conn
	for i, want := range []int{5, 6, 8, 8, 12} {
		calls = append(calls, r.Get("/call"))
		r.pooled(engine.PoolBlocking, i+1, 0)
		rig.Eventually(t, "there is a processor for each", func() bool { return runtime.GOMAXPROCS(0) == want })
	}
	g.Open()
	for _, c := range calls {
		c.Expect(200)
	}
	// What has ended needs none.
	r.blocking.Expire(account.Now() + int64(time.Hour))
	rig.Eventually(t, "no blocking worker is left", func() bool { return r.pool(engine.PoolBlocking).Threads == 0 })
	r.fit()
	if n := runtime.GOMAXPROCS(0); n != 4 {
		t.Errorf("%d processors after the calls", n)
	}
	r.Stop()
	if n := runtime.GOMAXPROCS(0); n != 2 {
		t.Errorf("%d processors after the engine", n)
	}
}

// What others have set is theirs.
func TestProcessorsOfOthersAreLeftAlone(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	p := processors{always: 4}
	p.begin()
	runtime.GOMAXPROCS(7)
	p.fit(func() int { return 0 })
	p.end()
	if n := runtime.GOMAXPROCS(0); n != 7 {
		t.Errorf("%d processors", n)
	}
}

package hybrid

import (
	"runtime"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/account"
)

// A processor for each thread, while there is one, and not one more than that
// rounded up.
func TestProcessorsFollowTheThreads(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	g := newGate(t)
	r := serve(t, "hybrid:loops=1,workers=3", g.verbs)
	r.get("/").expect(200)
	if n := runtime.GOMAXPROCS(0); n != 4 {
		t.Errorf("%d processors for a loop and 3 workers", n)
	}
	var calls []*client
	for i, want := range []int{5, 6, 8, 8, 12} {
		calls = append(calls, r.get("/call"))
		r.pooled(engine.PoolBlocking, i+1, 0)
		await(t, "there is a processor for each", func() bool { return runtime.GOMAXPROCS(0) == want })
	}
	g.release()
	for _, c := range calls {
		c.expect(200)
	}
	// What has ended needs none.
	r.blocking.Expire(account.Now() + int64(time.Hour))
	await(t, "no blocking worker is left", func() bool { return r.pool(engine.PoolBlocking).Threads == 0 })
	r.fit()
	if n := runtime.GOMAXPROCS(0); n != 4 {
		t.Errorf("%d processors after the calls", n)
	}
	r.stop()
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

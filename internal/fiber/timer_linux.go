package fiber

import (
	"math"
	"sync/atomic"

	"github.com/plimsoll-dev/plimsoll/internal/reactor"
)

const forever = math.MaxInt64

// A timer is a reactor's timer that any thread may set. It is not stopped when
// nobody waits for it any more: whoever wakes looks at the time, and a timer
// that is set again and again, as a connection's deadline is, then costs as
// good as nothing.
type timer struct {
	group  *Group
	timer  reactor.Timer
	at     atomic.Int64 // when it was last set for
	posted atomic.Bool
	post   func()
}

// init sets what the timer runs, on the reactor's goroutine.
func (t *timer) init(g *Group, fire func(now int64)) {
	t.group = g
	t.timer.Init(func() { fire(g.reactor.Now()) })
	t.post = func() {
		t.posted.Store(false)
		g.reactor.Start(&t.timer, t.at.Load())
	}
}

// set makes the timer fire at a time, instead of when it was set for before.
// here says that the caller runs on the reactor's goroutine.
func (t *timer) set(at int64, here bool) {
	t.at.Store(at)
	switch {
	case here:
		t.group.reactor.Start(&t.timer, at)
	case !t.posted.Swap(true):
		t.group.reactor.Post(t.post)
	}
}

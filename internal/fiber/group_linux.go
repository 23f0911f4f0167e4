package fiber

import (
	"sync"

	"github.com/plimsoll-dev/plimsoll/internal/reactor"
)

// A Scheduler has fibers run.
type Scheduler interface {
	// Ready has a carrier Run f, once, soon. It is called for each time that f
	// becomes ready, by anybody, and must not run f itself.
	Ready(f *Fiber)
}

// A Pinner is a [Scheduler] that is told of every wait for a connection that
// keeps a fiber's carrier, see [Pin].
type Pinner interface {
	// Pinned calls wait, once, which waits on the thread that calls Pinned.
	Pinned(f *Fiber, wait func() error) error
}

// A Group is the fibers of one scheduler, whose waits one reactor watches.
type Group struct {
	reactor   *reactor.Reactor
	scheduler Scheduler
	pinner    Pinner // scheduler, or nil

	mu       sync.Mutex // guards what follows; held for a few operations on lists
	free     []*Fiber   // the one that was busy last at the end, its stack is warm
	all      map[*Fiber]struct{}
	blockers []*blocker
}

// maxFree is how many idle fibers are kept: 3 to 9 MB. After a crowd the rest
// goes.
const maxFree = 1024

// NewGroup returns a group without fibers.
func NewGroup(r *reactor.Reactor, s Scheduler) *Group {
	g := &Group{reactor: r, scheduler: s, all: map[*Fiber]struct{}{}}
	g.pinner, _ = s.(Pinner)
	return g
}

// Go runs body on a fiber. Anybody may call it.
func (g *Group) Go(body func()) { g.start(function(body), Suspend, 0) }

// A runner is what a fiber runs.
type runner interface{ run() }

// A function is the runner that calls it.
type function func()

func (f function) run() { f() }

// start is Go with a way to wait, and the time since when there is something
// to do; 0: now.
func (g *Group) start(body runner, w Wait, at int64) {
	if at == 0 {
		at = reactor.Clock()
	}
	f := g.take()
	f.body, f.wait, f.readyAt = body, w, at
	g.scheduler.Ready(f)
}

// New returns a fiber that has something to run and is not made ready: whoever
// asked for it runs it, with [Carrier.Run]. Its scheduler finds the tag on it.
func (g *Group) New(body func(), w Wait, tag any) *Fiber {
	f := g.take()
	f.body, f.wait, f.tag, f.readyAt = function(body), w, tag, reactor.Clock()
	return f
}

func (g *Group) take() *Fiber {
	g.mu.Lock()
	defer g.mu.Unlock()
	if n := len(g.free); n > 0 {
		f := g.free[n-1]
		g.free[n-1] = nil
		g.free = g.free[:n-1]
		return f
	}
	f := &Fiber{group: g}
	f.main = f.life
	f.timer.Init(func() { f.wake(g.reactor.Now()) })
	g.all[f] = struct{}{}
	return f
}

// put takes back a fiber whose body has ended, where it ran.
func (g *Group) put(f *Fiber) {
	f.body, f.begun, f.clock, f.carrier, f.tag = nil, false, nil, nil, nil
	g.mu.Lock()
	keep := len(g.free) < maxFree
	if keep {
		g.free = append(g.free, f)
	} else {
		delete(g.all, f)
	}
	g.mu.Unlock()
	if !keep {
		f.stop()
	}
}

// lose forgets a fiber whose goroutine has ended.
func (g *Group) lose(f *Fiber) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.all, f)
}

// Fibers returns how many there are, idle ones included, and how many of them
// have something to run. Anybody may call it.
func (g *Group) Fibers() (all, busy int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.all), len(g.all) - len(g.free)
}

// Close ends all fibers: those that wait are unwound. Nothing may run or become
// ready any more. Where carriers are locked to threads it is called on the one
// that ran the fibers.
func (g *Group) Close() {
	g.mu.Lock()
	all, blockers := g.all, g.blockers
	g.all, g.free, g.blockers = nil, nil, nil
	g.mu.Unlock()
	for f := range all {
		f.stop()
	}
	for _, b := range blockers {
		b.close()
	}
}

// stop ends the fiber's goroutine.
func (f *Fiber) stop() {
	if f.co != nil {
		f.forget() // before the runtime gives its identity to another
		f.co.Stop()
	}
}

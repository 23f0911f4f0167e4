package carrier

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A world runs the scheduler's decisions in virtual time: carriers are states,
// threads are numbers, and which of them moves next is the test's choice. What
// must hold is checked after every move.
type world struct {
	s   *Scheduler
	now int64

	carriers map[*Carrier]*simulated
	order    []*Carrier // of carriers, as they came
	threads  []*puppet
	fifo     []*puppet // those that are ready, in the order in which they became so
	polled   bool      // the poller was woken
	added    bool      // there were more carriers at some time
	broken   error
}

// A simulated carrier is about to do what its last decision was.
type simulated struct {
	doing  action
	looks  bool // it is about to decide
	thread *puppet
	woken  bool
}

// A puppet is a thread that does what the test says.
type puppet struct {
	state string // parked, ready, running
	on    *Carrier
}

func (p *puppet) Carrier() *Carrier           { return p.on }
func (p *puppet) Mount(*Carrier, int64) int64 { panic("nothing runs in a simulation") }

func newWorld(carriers, compensate, threads int, p Plant) *world {
	w := &world{carriers: map[*Carrier]*simulated{}}
	w.s = New(Config{Carriers: carriers, Compensate: compensate, Now: func() int64 { return w.now }, Plant: p})
	for range w.s.size {
		w.born(w.s.newCarrier())
	}
	for range threads {
		w.threads = append(w.threads, &puppet{state: "parked"})
	}
	return w
}

func (w *world) born(c *Carrier) {
	w.carriers[c] = &simulated{looks: true}
	w.order = append(w.order, c)
}

func (w *world) fail(format string, args ...any) {
	if w.broken == nil {
		w.broken = fmt.Errorf(format, args...)
	}
}

func (w *world) give(n nudge) {
	if n.wake != nil {
		if w.carriers[n.wake].doing != sleep || w.carriers[n.wake].looks {
			w.fail("a carrier is woken that does not sleep")
		}
		w.carriers[n.wake].woken = true
	}
	if n.start != nil {
		w.born(n.start)
		w.added = true
		if limit := w.s.size + w.s.cfg.Compensate + w.lent(); len(w.s.all) > limit {
			w.fail("a carrier is added to %d, and there may be %d", len(w.s.all)-1, limit)
		}
	}
	w.polled = w.polled || n.poll
}

// lent returns for how many waits a carrier is added.
func (w *world) lent() (n int) {
	for c := range w.carriers {
		for _, p := range c.pins {
			if p.Lend {
				n++
			}
		}
	}
	return n
}

// ready makes a parked thread ready. own: by the poller, inside its turn.
func (w *world) ready(t *puppet, own bool) {
	if t.state != "parked" {
		return
	}
	t.state = "ready"
	w.fifo = append(w.fifo, t)
	w.give(w.s.add(t, w.now, own))
}

// look has a carrier decide.
func (w *world) look(c *Carrier) {
	m := w.carriers[c]
	do, next, n := w.s.next(c, w.now)
	t, _ := next.(*puppet)
	*m = simulated{doing: do, thread: t}
	w.give(n)
	switch do {
	case mount:
		if t.state != "ready" {
			w.fail("a thread that is %s is mounted", t.state)
		} else if t != w.fifo[0] {
			w.fail("a thread is mounted before one that has waited longer")
		}
		t.state, t.on = "running", c
		w.fifo = slices.DeleteFunc(w.fifo, func(other *puppet) bool { return other == t })
	case poll:
		w.polled = false
		for other, o := range w.carriers {
			if other != c && o.doing == poll && !o.looks {
				w.fail("two carriers poll")
			}
		}
	case end:
		delete(w.carriers, c)
		w.order = slices.DeleteFunc(w.order, func(other *Carrier) bool { return other == c })
	}
	w.check()
}

// leave ends a mounted thread's stretch; again has it ready at once.
func (w *world) leave(c *Carrier, again bool) {
	t := w.carriers[c].thread
	t.state = "parked"
	if again {
		w.ready(t, false)
	}
	*w.carriers[c] = simulated{looks: true}
}

// check holds after every move.
func (w *world) check() {
	running, free := 0, 0
	for c, m := range w.carriers {
		switch {
		case m.doing == mount && !m.looks && len(c.pins) == 0:
			running++
		case m.looks || m.woken || m.doing == poll && (w.polled || !w.s.asleep):
			free++ // it is about to look
		}
	}
	if size := w.s.cfg.Carriers; running > size && !w.added {
		w.fail("%d threads run on %d carriers", running, size)
	}
	if free == 0 && len(w.fifo) > 0 && running < len(w.carriers)-w.s.pinned.n {
		w.fail("a carrier waits while threads are ready, and nobody has told it")
	}
	if w.s.queue.n != len(w.fifo) {
		w.fail("%d threads are ready, %d queued", len(w.fifo), w.s.queue.n)
	}
}

// step lets one carrier move. The draws decide which and how; with quiet set,
// threads only park.
func (w *world) step(t *rapid.T, quiet bool) (moved bool) {
	var able []*Carrier
	for _, c := range w.order {
		m := w.carriers[c]
		if m.looks || m.woken || m.doing == mount || m.doing == poll && (w.polled || !w.s.asleep || !quiet) {
			able = append(able, c)
		}
	}
	if len(able) == 0 {
		return false
	}
	c := rapid.SampledFrom(able).Draw(t, "carrier")
	m := w.carriers[c]
	w.now += int64(rapid.IntRange(0, 1000).Draw(t, "time"))
	switch {
	case m.looks || m.woken:
		w.look(c)
	case m.doing == poll:
		if !quiet {
			for range rapid.IntRange(0, 3).Draw(t, "events") {
				w.ready(rapid.SampledFrom(w.threads).Draw(t, "event"), true)
			}
		}
		m.looks = true
	case quiet:
		for len(c.pins) > 0 {
			w.s.unpin(c, w.now)
		}
		w.leave(c, false)
	default:
		w.act(t, c)
	}
	return true
}

// act is what a running thread does.
func (w *world) act(t *rapid.T, c *Carrier) {
	switch what := rapid.SampledFrom([]string{"park", "park", "yield", "unpark", "pin", "lend", "unpin", "compute"}).Draw(t, "does"); {
	case what == "pin" && len(c.pins) < 3:
		w.give(w.s.pin(c, Pin{since: w.now}))
	case what == "lend" && len(c.pins) < 3:
		w.give(w.s.pin(c, Pin{since: w.now, Lend: true}))
	case what == "unpin" && len(c.pins) > 0:
		w.s.unpin(c, w.now)
	case what == "unpark":
		w.ready(rapid.SampledFrom(w.threads).Draw(t, "whom"), false)
	case what == "compute":
		w.give(w.s.away())
	case len(c.pins) > 0: // it cannot leave
	default:
		w.leave(c, what == "yield")
	}
	w.check()
}

// run plays at random, then lets everybody finish, and returns what was
// broken.
func (w *world) run(t *rapid.T) error {
	for range rapid.IntRange(1, 200).Draw(t, "moves") {
		if rapid.IntRange(0, 4).Draw(t, "foreign") == 0 {
			w.ready(rapid.SampledFrom(w.threads).Draw(t, "thread"), false)
			w.check()
		}
		w.step(t, false)
	}
	for i := 0; w.step(t, true); i++ {
		if i > 10_000 {
			return errors.New("the carriers do not come to rest")
		}
	}
	if len(w.fifo) > 0 {
		w.fail("%d threads are ready and nobody runs them", len(w.fifo))
	}
	if n := len(w.s.all); n != w.s.size {
		w.fail("%d carriers are left of %d", n, w.s.size)
	}
	if b, p := w.s.busy.n, w.s.pinned.n; b != 0 || p != 0 {
		w.fail("%d busy and %d pinned at rest", b, p)
	}
	return w.broken
}

func play(p Plant) func(*rapid.T) error {
	return func(t *rapid.T) error {
		w := newWorld(rapid.IntRange(1, 4).Draw(t, "carriers"), rapid.IntRange(0, 2).Draw(t, "compensate"), 8, p)
		return w.run(t)
	}
}

func TestNothingIsLostRunTwiceOrOvertaken(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if err := play(Plant{})(t); err != nil {
			t.Fatal(err)
		}
	})
}

// Each planted fault has to show, as what it is.
func TestPlantedFaultsAreFound(t *testing.T) {
	for _, row := range []struct {
		name string
		p    Plant
		want string
	}{
		{"last in, first out", Plant{NewestFirst: true}, "waited longer"},
		{"a lost wake-up", Plant{LostWake: true}, "nobody"},
		{"a carrier too many", Plant{Carriers: 1}, "carriers"},
	} {
		t.Run(row.name, func(t *testing.T) {
			found := map[string]int{}
			for seed := range 400 {
				err := rapid.Custom(func(t *rapid.T) string {
					if err := play(row.p)(t); err != nil {
						return err.Error()
					}
					return ""
				}).Example(seed)
				found[err]++
			}
			for err := range found {
				if strings.Contains(err, row.want) {
					return
				}
			}
			t.Errorf("not found; %v", found)
		})
	}
}

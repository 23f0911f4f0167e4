package fiber

import (
	"slices"
	"testing"

	"github.com/plimsoll-dev/plimsoll/internal/reactor"
)

// A line is a scheduler's queue, and what it was told of.
type line struct {
	fibers []*Fiber
	booked []Slice
}

func (l *line) Ready(f *Fiber) { l.fibers = append(l.fibers, f) }

func (l *line) take() *Fiber {
	f := l.fibers[0]
	l.fibers = l.fibers[1:]
	return f
}

func (l *line) Next() *Fiber {
	if len(l.fibers) > 0 && l.fibers[0].Fresh() {
		return l.take()
	}
	return nil
}

func (l *line) Book(s *Slice) { l.booked = append(l.booked, *s) }

// What has not begun goes on with the stack of what has just ended, in the same
// order, and every slice is told; what has begun needs its own stack.
func TestAFiberThatEndsHandsItsStackOn(t *testing.T) {
	r, err := reactor.New()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var q line
	g := NewGroup(r, &q)
	defer g.Close()
	c := new(Carrier)
	c.Queue = &q

	var order []string
	on := map[string]*Fiber{}
	begin := func(name string) *Fiber {
		me := Current()
		if me.Wait() != Suspend || me.Clock() != nil {
			t.Errorf("%s begins with what the one before it has left", name)
		}
		order, on[name] = append(order, name), me
		return me
	}
	g.Go(func() { begin("a").SetWait(Block) })
	g.Go(func() { begin("b") })
	g.Go(func() {
		begin("c").Yield()
		order = append(order, "c again")
	})
	g.Go(func() { begin("d") })
	ready := []int64{q.fibers[0].readyAt, q.fibers[1].readyAt}

	runs := 0
	for now := reactor.Clock(); len(q.fibers) > 0; runs++ {
		s := c.Run(q.take(), now)
		if last := len(q.booked) - 1; s.Began < now || runs == 0 && s.Began != q.booked[last].Ended {
			t.Errorf("run %d: from %d, behind %d and %v", runs, s.Began, now, q.booked)
		}
		now = s.Ended
	}
	if want := []string{"a", "b", "c", "d", "c again"}; !slices.Equal(order, want) {
		t.Errorf("ran %q, want %q", order, want)
	}
	if runs != 3 || on["a"] != on["b"] || on["b"] != on["c"] || on["c"] == on["d"] {
		t.Errorf("%d runs on %v", runs, on)
	}
	if len(q.booked) != 2 || q.booked[0].Ended != q.booked[1].Began || q.booked[0].Ready != ready[0] || q.booked[1].Ready != ready[1] {
		t.Errorf("told of %+v; ready since %v", q.booked, ready)
	}
	if all, busy := g.Fibers(); busy != 0 || all != 4 {
		t.Errorf("%d fibers, %d of them busy", all, busy)
	}
}

// The one that a scheduler has made for itself is not run in another's place.
func TestATaggedFiberIsNotFresh(t *testing.T) {
	r, err := reactor.New()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	g := NewGroup(r, &line{})
	defer g.Close()
	if g.New(func() {}, Suspend, t).Fresh() {
		t.Error("a fiber with a tag is fresh")
	}
}

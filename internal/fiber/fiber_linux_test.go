package fiber

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/reactor"
	"github.com/plimsoll-dev/plimsoll/model"
)

func TestAFiberKnowsItself(t *testing.T) {
	c := newCarriers(t, 2)
	defer c.stop(t)
	if Current() != nil {
		t.Error("a goroutine that is no fiber has one")
	}
	var all sync.WaitGroup
	for range 50 {
		all.Add(1)
		c.group.Go(func() {
			defer all.Done()
			me := Current()
			if me == nil || me.Group() != c.group {
				t.Error("a fiber does not know itself")
				return
			}
			for range 10 {
				me.Yield() // and comes back on whichever carrier
				if Current() != me {
					t.Error("a fiber takes itself for another")
				}
			}
		})
	}
	all.Wait()
}

// Permits pass between fibers, and from and to goroutines, whatever the fiber
// that waits keeps meanwhile.
func TestUnparkIsNotLost(t *testing.T) {
	for _, wait := range []Wait{Suspend, Block, Pin} {
		c := newCarriers(t, 2)
		const rounds = 1000
		var self atomic.Pointer[Fiber]
		back := make(chan struct{}, 1)
		c.group.Go(func() {
			me := Current()
			me.SetWait(wait)
			me.Unpark() // before the first Park: it returns at once
			me.Park()
			self.Store(me)
			for range rounds {
				me.Park()
				back <- struct{}{}
			}
		})
		for range rounds {
			for self.Load() == nil {
				runtime.Gosched()
			}
			self.Load().Unpark()
			<-back
		}
		c.stop(t)
	}
}

// What was waited for may be there before the fiber waits; the Unpark that tells
// it is not left to whatever the fiber waits for next.
func TestParkForTakesTheUnparkThatBelongsToIt(t *testing.T) {
	r, err := reactor.New()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, when := range []string{"before", "after"} {
		t.Run(when, func(t *testing.T) {
			var q queue
			g := NewGroup(r, &q)
			defer g.Close()
			var done atomic.Bool
			ended := false
			g.Go(func() {
				me := Current()
				done.Store(true)
				if when == "before" {
					me.Unpark()
				}
				me.ParkFor(&done)
				ended = true
			})
			f := q.take(t)
			c := new(Carrier)
			c.Run(f, reactor.Clock())
			if when == "after" {
				if ended {
					t.Fatal("it did not wait for the Unpark")
				}
				f.Unpark()
				c.Run(q.take(t), reactor.Clock())
			}
			if !ended || f.permit.Load() {
				t.Errorf("ended %t, and a permit is left: %t", ended, f.permit.Load())
			}
		})
	}
}

func TestSleepIsNotShorterThanAsked(t *testing.T) {
	c := newCarriers(t, 2)
	defer c.stop(t)
	for _, wait := range []Wait{Suspend, Pin} {
		c.run(func(me *Fiber) {
			me.SetWait(wait)
			for _, d := range []time.Duration{-1, 0, 50 * time.Microsecond, 3 * time.Millisecond} {
				before := reactor.Clock()
				me.wake(0) // for nothing
				me.Sleep(d)
				if slept := reactor.Clock() - before; slept < int64(d) {
					t.Errorf("%v: %v", d, time.Duration(slept))
				}
			}
		})
	}
}

// Many fibers sleep at once, on few carriers.
func TestSleepersSleepTogether(t *testing.T) {
	c := newCarriers(t, 1)
	defer c.stop(t)
	const n = 200
	var asleep, awake atomic.Int64
	var all sync.WaitGroup
	all.Add(n)
	for range n {
		c.group.Go(func() {
			defer all.Done()
			asleep.Add(1)
			for asleep.Load() < n { // one that kept the carrier would wait for ever
				Current().Sleep(100 * time.Microsecond)
			}
			awake.Add(1)
		})
	}
	all.Wait()
}

func TestFibersAreUsedAgain(t *testing.T) {
	c := newCarriers(t, 1)
	defer c.stop(t)
	for range 100 {
		c.run(func(*Fiber) {})
	}
	// One may still be on its way back while the next begins.
	if all, _ := c.group.Fibers(); all > 2 {
		t.Errorf("%d fibers for one at a time", all)
	}
}

// After a crowd, not all of its stacks stay.
func TestACrowdOfFibersGoes(t *testing.T) {
	c := newCarriers(t, 2)
	defer c.stop(t)
	var here, all sync.WaitGroup
	here.Add(2 * maxFree)
	all.Add(2 * maxFree)
	fibers := make(chan *Fiber, 2*maxFree)
	for range 2 * maxFree {
		c.group.Go(func() {
			defer all.Done()
			fibers <- Current()
			here.Done()
			Current().Park()
		})
	}
	here.Wait()
	if all, busy := c.group.Fibers(); all != 2*maxFree || busy != all {
		t.Errorf("%d fibers, %d of them busy", all, busy)
	}
	for range 2 * maxFree {
		(<-fibers).Unpark()
	}
	all.Wait()
	for end := time.Now().Add(patience); ; runtime.Gosched() {
		all, busy := c.group.Fibers()
		if all == maxFree && busy == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d fibers, %d of them busy", all, busy)
		}
	}
}

func TestGoexitEndsOneFiber(t *testing.T) {
	c := newCarriers(t, 1)
	defer c.stop(t)
	ended := make(chan struct{})
	c.group.Go(func() {
		defer close(ended)
		runtime.Goexit()
	})
	<-ended
	c.run(func(me *Fiber) { me.Sleep(time.Microsecond) })
}

// Closing a group unwinds what waits, whatever it waits for.
func TestCloseUnwindsFibersThatWait(t *testing.T) {
	c := newCarriers(t, 2)
	ln := listen(t, "tcp")
	var waiting, unwound atomic.Int64
	bodies := []func(){
		func() { waiting.Add(1); Current().Park() },
		func() { waiting.Add(1); Current().Sleep(time.Hour) },
		func() {
			conn, err := c.group.Dial(context.Background(), "tcp", ln.Addr().String())
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			waiting.Add(1)
			conn.Read(make([]byte, 1))
			t.Error("Read returned")
		},
	}
	for _, body := range bodies {
		c.group.Go(func() {
			defer unwound.Add(1)
			body()
		})
	}
	for waiting.Load() < int64(len(bodies)) {
		runtime.Gosched()
	}
	theirs, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	c.stop(t)
	if n := unwound.Load(); n != int64(len(bodies)) {
		t.Errorf("%d of %d were unwound", n, len(bodies))
	}
}

// What a slice took is put down to the innermost step, and a stall is all that
// is not awaited. Times are given.
func TestSlicesAreAccountedByStep(t *testing.T) {
	var s slice
	enter := func(now int64, op string, verb model.Verb) (back step) {
		s.advance(now)
		back, s.at, s.in = s.at, step{op, verb}, 0
		return back
	}
	leave := func(now int64, back step) {
		s.advance(now)
		s.at, s.in = back, 0
	}
	s.begin(0, 100)
	pay := enter(110, "pay", model.Await)       // 10 in the handler
	parse := enter(115, "parse", model.Compute) // 5 in pay
	leave(165, parse)                           // 50 in parse
	leave(170, pay)                             // 5 in pay
	ask := enter(180, "ask", model.Call)        // 10 in the handler
	s.advance(210)                              // 30 in ask
	if s.longest != (step{"parse", model.Compute}) || s.most != 50 || s.stalled != 80 {
		t.Errorf("longest %v: %d; stalled %d", s.longest, s.most, s.stalled)
	}
	s.begin(0, 1000) // it waited inside ask
	leave(1007, ask)
	s.advance(1010)
	if s.longest != (step{"ask", model.Call}) || s.most != 7 || s.stalled != 7 {
		t.Errorf("longest %v: %d; stalled %d", s.longest, s.most, s.stalled)
	}
}

// A request that waits is runnable from when it could go on.
func TestWaitingForACarrierIsRunnable(t *testing.T) {
	r, err := reactor.New()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	q := &queue{}
	g := NewGroup(r, q)
	defer g.Close()
	carrier := new(Carrier)
	var ledger account.Ledger
	var clk account.Clock
	began := account.Now()
	clk.Begin(&ledger, began, began)
	g.Go(func() {
		me := Current()
		me.Account(&clk)
		prev := clk.Enter(model.Awaiting)
		me.Park()
		clk.Leave(prev)
		clk.End(-1)
	})
	f := q.take(t)
	carrier.Run(f, account.Now())
	f.Unpark()
	ready, _ := f.Times()
	const late = int64(time.Second) // as its carrier is busy with others
	carrier.Run(q.take(t), ready+late)
	if got := ledger.Snapshot().Residence[model.Runnable]; got != late {
		t.Errorf("runnable for %v", time.Duration(got))
	}
}

// A queue is a scheduler whose fibers the test runs itself.
type queue struct{ ready []*Fiber }

func (q *queue) Ready(f *Fiber) { q.ready = append(q.ready, f) }

func (q *queue) take(t *testing.T) *Fiber {
	t.Helper()
	if len(q.ready) != 1 {
		t.Fatalf("%d are ready", len(q.ready))
	}
	f := q.ready[0]
	q.ready = nil
	return f
}

// A body that panics is a bug of ours, and is not passed over.
func TestAPanicOfABodyReachesTheCarrier(t *testing.T) {
	r, err := reactor.New()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	q := &queue{}
	g := NewGroup(r, q)
	defer g.Close()
	boom := errors.New("boom")
	g.Go(func() { panic(boom) })
	defer func() {
		if err, ok := recover().(error); !ok || !errors.Is(err, boom) {
			t.Errorf("recovered %v", err)
		}
	}()
	new(Carrier).Run(q.take(t), account.Now())
}

// A carrier that looked at the clock before another one saw that a sleep is over
// must not send the fiber back to sleep.
func TestASleepIsOverWhateverTheTimeOnTheCarrier(t *testing.T) {
	r, err := reactor.New()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var q queue
	g := NewGroup(r, &q)
	defer g.Close()
	slept := false
	g.Go(func() {
		Current().Sleep(time.Millisecond)
		slept = true
	})
	c, early := new(Carrier), reactor.Clock()
	c.Run(q.take(t), early)
	for len(q.ready) == 0 {
		if err := r.Poll(-1); err != nil {
			t.Fatal(err)
		}
	}
	c.Run(q.take(t), early)
	if !slept {
		t.Error("it sleeps again")
	}
}

// A sleep may be over before the fiber has been suspended for it.
func TestTheShortestSleepsEnd(t *testing.T) {
	c := newCarriers(t, 1)
	defer c.stop(t)
	c.run(func(me *Fiber) {
		for range 5000 {
			me.Sleep(1)
		}
	})
}

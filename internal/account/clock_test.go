package account

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
)

// Every nanosecond between Begin and End belongs to exactly one state.
func TestClockSplitsResidenceByState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l Ledger
		var c Clock
		c.Begin(&l, Now()-7e9, Now()) // 7 s in the queue
		time.Sleep(time.Second)       // 1 s running
		call := c.Enter(model.Calling)
		time.Sleep(2 * time.Second)
		cpu := c.Enter(model.OnCPU) // compute inside call
		time.Sleep(4 * time.Second)
		c.Leave(cpu)
		time.Sleep(8 * time.Second)
		c.Leave(call)
		if c.State() != model.OnCPU || c.At() != Now() {
			t.Errorf("after leaving: %v at %d, now %d", c.State(), c.At(), Now())
		}
		c.End(3e9) // 3 of the 5 s that it could run, it ran
		want := [model.NumStates]int64{model.Queued: 7e9, model.OnCPU: 3e9, model.Runnable: 2e9, model.Calling: 10e9}
		s := l.Snapshot()
		if s.Residence != want {
			t.Errorf("got %v, want %v", s.Residence, want)
		}
		if s.Requests != 1 || s.InFlight != 0 || l.Running() != 0 {
			t.Errorf("left behind %+v, running %d", s, l.Running())
		}
	})
}

func TestClockKeepsOnCPUIfTheCPUTimeIsUnknownOrLarger(t *testing.T) {
	for _, cpu := range []int64{-1, 5e9} { // 5 s: used inside other states as well
		synctest.Test(t, func(t *testing.T) {
			var l Ledger
			var c Clock
			c.Begin(&l, Now(), Now())
			time.Sleep(time.Second)
			c.End(cpu)
			if want := ([model.NumStates]int64{model.OnCPU: 1e9}); l.Snapshot().Residence != want {
				t.Errorf("cpu %d: %v", cpu, l.Snapshot().Residence)
			}
		})
	}
}

func TestRunningCountsRequestsOnCPU(t *testing.T) {
	var l Ledger
	var a, b Clock
	a.Begin(&l, 0, 0)
	b.Begin(&l, 0, 0)
	prev := a.Enter(model.Awaiting)
	inner := a.Enter(model.Holding) // from one wait into another
	if l.Running() != 1 || l.Snapshot().InFlight != 2 {
		t.Errorf("running %d, in flight %d", l.Running(), l.Snapshot().InFlight)
	}
	a.Leave(inner)
	a.Leave(prev)
	if l.Running() != 2 {
		t.Errorf("running %d", l.Running())
	}
	a.Enter(model.Awaiting)
	a.End(-1) // ends while it waits, as a handler that panics does
	b.End(-1)
	if l.Running() != 0 {
		t.Errorf("running %d in the end", l.Running())
	}
}

// A clock is used again for the next request and remembers nothing.
func TestClockIsReusable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l Ledger
		var c Clock
		for range 3 {
			c.Begin(&l, Now(), Now())
			c.Enter(model.Blocked)
			time.Sleep(time.Second)
			c.End(-1)
		}
		if got := l.Snapshot().Residence[model.Blocked]; got != 3e9 {
			t.Errorf("three times a second is %d", got)
		}
	})
}

func BenchmarkClockEnterLeave(b *testing.B) {
	var l Ledger
	var c Clock
	c.Begin(&l, Now(), Now())
	b.ReportAllocs()
	for b.Loop() {
		c.Leave(c.Enter(model.Awaiting))
	}
}

func BenchmarkClockBeginEnd(b *testing.B) {
	var l Ledger
	var c Clock
	b.ReportAllocs()
	for b.Loop() {
		now := Now()
		c.Begin(&l, now, now)
		c.End(-1)
	}
}

func BenchmarkNow(b *testing.B) {
	for b.Loop() {
		Now()
	}
}

// The wait for a CPU, and that for a thread, are told apart, and from what the
// request waited for.
func TestWaitsToGoOnAreAccounted(t *testing.T) {
	for state, wait := range map[model.State]func(*Clock, int64, int64){
		model.Runnable: (*Clock).Resumed, model.Queued: (*Clock).Dequeued,
	} {
		synctest.Test(t, func(t *testing.T) {
			var l Ledger
			var c Clock
			c.Begin(&l, Now(), Now())
			prev := c.Enter(model.Awaiting)
			time.Sleep(5 * time.Second)
			ready := Now()
			time.Sleep(3 * time.Second)
			wait(&c, ready, Now())
			wait(&c, ready-2e9, Now()) // nothing is counted twice
			c.Leave(prev)
			c.End(-1)
			want := [model.NumStates]int64{model.Awaiting: 5e9}
			want[state] += 3e9
			if got := l.Snapshot().Residence; got != want {
				t.Errorf("%v: got %v, want %v", state, got, want)
			}
		})
	}
}

// Of a stretch on a shared CPU only what was used of it is OnCPU; what came
// before, and other states inside it, are left alone.
func TestUsedSplitsAStretch(t *testing.T) {
	for _, row := range []struct{ cpu, onCPU, runnable int64 }{
		{1e9, 2e9, 3e9},
		{9e9, 5e9, 0}, // used inside other states as well
	} {
		synctest.Test(t, func(t *testing.T) {
			var l Ledger
			var c Clock
			c.Begin(&l, Now(), Now())
			time.Sleep(time.Second)
			before := c.OnCPU()
			time.Sleep(2 * time.Second)
			prev := c.Enter(model.Awaiting)
			time.Sleep(8 * time.Second)
			c.Leave(prev)
			time.Sleep(2 * time.Second)
			c.Used(before, row.cpu)
			c.End(-1)
			want := [model.NumStates]int64{model.OnCPU: row.onCPU, model.Runnable: row.runnable, model.Awaiting: 8e9}
			if got := l.Snapshot().Residence; got != want {
				t.Errorf("used %d: %v, want %v", row.cpu, got, want)
			}
		})
	}
}

package expiry

import (
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
)

const ms = int64(time.Millisecond)

func rules(stopped int64) Rules {
	return New(engine.Limits{HeaderTimeout: 300 * time.Millisecond, Linger: 50 * time.Millisecond}, time.Second, stopped)
}

func TestAConnectionHasTheTimeOfItsState(t *testing.T) {
	running, stopping := rules(0), rules(500*ms)
	for _, c := range []struct {
		name  string
		rules Rules
		state uint32
		since int64 // ms
		want  int64 // ms
	}{
		{"nothing came yet", running, Fresh, 100, 400},
		{"nothing came before the server stops", stopping, Fresh, 500, 550},
		{"idle", running, Idle, 100, 1100},
		{"answered for the last time", running, Lingering, 100, 600},
		{"idle when the server stops", stopping, Idle, 100, 550},
		{"idle since the server stops", stopping, Idle, 600, 650},
		{"stopping gives no more time to hang up", stopping, Lingering, 100, 600},
	} {
		if at := c.rules.At(c.state, c.since*ms); at != c.want*ms {
			t.Errorf("%s: its time is up at %d ms, want %d", c.name, at/ms, c.want)
		}
	}
	for _, r := range []Rules{running, stopping} {
		for _, state := range []uint32{Busy, Gone} {
			if at := r.At(state, 100*ms); at != never {
				t.Errorf("in state %d, which no time ends, it is up at %d", state, at)
			}
		}
	}
}

func TestWithoutLimitsNothingExpires(t *testing.T) {
	const since = never / 4 // long after the machine's start
	for _, state := range []uint32{Fresh, Idle} {
		if at := New(engine.Limits{}, 0, 0).At(state, since); at < never/2 {
			t.Errorf("in state %d its time is up at %d", state, at)
		}
	}
}

func TestTheNextSweepIsWhenTheFirstTimeIsUp(t *testing.T) {
	const now = 10_000
	for _, c := range []struct {
		name  string
		state uint32
		since int64 // ms
		over  bool
		next  int64 // ms
	}{
		{"one that comes now may be the first", Busy, 0, false, now + 300},
		{"one that comes now is before this one", Idle, now - 100, false, now + 300},
		{"this one is before any that comes", Idle, now - 900, false, now + 100},
		{"now", Idle, now - 1000, true, now + 300},
		{"long ago", Fresh, now - 5000, true, now + 300},
		{"in a moment: not so soon", Lingering, now - 499, false, now + 20},
	} {
		s := rules(0).Sweep(now * ms)
		if over := s.Over(c.state, c.since*ms); over != c.over || s.Next() != c.next*ms {
			t.Errorf("%s: over %v, next sweep at %d ms; want %v, %d", c.name, over, s.Next()/ms, c.over, c.next)
		}
	}
	s := New(engine.Limits{}, 0, 0).Sweep(now * ms)
	if next := s.Next(); next != (now+500)*ms {
		t.Errorf("with nothing but those that linger, the next sweep is at %d ms", next/ms)
	}
}

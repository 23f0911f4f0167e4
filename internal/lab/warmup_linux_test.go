package lab

import (
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/record"
)

// Who never answers again is not warmed up for longer than it takes to know that.
func TestAWarmUpEndsWhereNobodyIsAnsweredAnyMore(t *testing.T) {
	const patience, never = 2 * time.Second, 0
	answering := func(until time.Duration) func(time.Duration) engine.Stats {
		return func(at time.Duration) engine.Stats {
			return engine.Stats{InFlight: 5, Responses: uint64(min(at, until) / time.Millisecond)}
		}
	}
	for _, c := range []struct {
		why   string
		stats func(at time.Duration) engine.Stats
		ends  time.Duration
	}{
		{"it answers", answering(time.Minute), never},
		{"it stands still after three seconds", answering(3 * time.Second), 5 * time.Second},
		{"it stands still from the first request on", answering(0), patience},
		{"nobody asks", func(time.Duration) engine.Stats { return engine.Stats{Responses: 9} }, never},
		{"all that were received are queued", func(time.Duration) engine.Stats { return engine.Stats{Queued: 1} }, patience},
		{"an answer takes almost as long as one may", func(at time.Duration) engine.Stats {
			return engine.Stats{InFlight: 1, Responses: uint64(at / (patience - time.Millisecond))}
		}, never},
		{"thousands of connections are opened first", func(at time.Duration) engine.Stats {
			return engine.Stats{InFlight: int(at / (9 * time.Second)), Responses: uint64(max(0, at-9*time.Second) / time.Millisecond)}
		}, never},
	} {
		w := &warmer{patience: patience}
		ended := time.Duration(never)
		for at := time.Duration(0); at < 20*time.Second && ended == never; at += sampleEvery {
			if w.silent(engineStats{Clock: int64(time.Hour + at), Engine: c.stats(at)}) {
				ended = at - sampleEvery // the last at which it was not known
			}
		}
		if ended != c.ends {
			t.Errorf("%s: the warm-up ended after %v, not %v", c.why, ended, c.ends)
		}
	}
}

// Who never answers again is not measured, and is not said to get better still.
func TestWhatAWarmUpLeavesBehindIsSaid(t *testing.T) {
	for _, c := range []struct {
		why   string
		of    warmer
		row   record.Trial
		stale bool
		says  string // "": nothing
	}{
		{"it is steady", warmer{steady: true}, record.Trial{}, false, ""},
		{"it answers, a little faster each time", warmer{}, record.Trial{}, false, "still changing after a warm-up of 9s"},
		{"it fell silent", warmer{mute: true, patience: 4 * time.Second}, record.Trial{}, true, "nothing was answered for the last 4s of the warm-up"},
		{"it found itself deadlocked", warmer{mute: true}, record.Trial{Server: record.TrialServer{Deadlocks: make([]record.TrialDeadlock, 1)}}, true, ""},
		{"its resources are held in a circle", warmer{}, record.Trial{Server: record.TrialServer{Circle: []string{"a", "b"}}}, true, ""},
	} {
		stale, warning := c.of.left(&c.row, 9*time.Second)
		if stale != c.stale || !strings.Contains(warning, c.says) || c.says == "" && warning != "" {
			t.Errorf("%s: stale %v, %q", c.why, stale, warning)
		}
	}
}

package lab

import (
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
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

package probe

import (
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/record"
)

func TestRepliesSayWhatBecameOfEachRequest(t *testing.T) {
	const zero = int64(5e9)
	o := &Observation{
		Heavy: []record.Request{
			{Sent: zero, Done: zero + 200e6, Status: "200"},
			{Sent: zero + 1e6, Done: zero + 201e6, Status: "200", Connect: 1010e6},
			{Sent: zero + 2e6, Done: zero + 3e6, Status: "503"},
			{Intended: zero + 3e6, Done: zero + 4e6, Status: "reset"},
			{Sent: zero + 4e6, Done: zero + 5e9, Status: "timeout"},
		},
		Canaries: []record.Request{{Sent: zero - 1e6, Done: zero + 1e6, Status: "200", Kept: true}},
	}
	heavy, canaries := o.Replies()
	want := []Reply{
		{0, 200 * time.Millisecond, "200", false, Answered},
		{1 * time.Millisecond, 200 * time.Millisecond, "200", false, Late},
		{2 * time.Millisecond, time.Millisecond, "503", false, TurnedAway},
		{3 * time.Millisecond, time.Millisecond, "reset", false, TurnedAway},
		{4 * time.Millisecond, 4996 * time.Millisecond, "timeout", false, Unanswered},
	}
	for i, w := range want {
		if heavy[i] != w {
			t.Errorf("request %d: %+v, want %+v", i, heavy[i], w)
		}
	}
	if w := (Reply{-time.Millisecond, 2 * time.Millisecond, "200", true, Answered}); len(canaries) != 1 || canaries[0] != w {
		t.Errorf("canaries: %+v, want %+v", canaries, w)
	}
	// Without heavy requests, time begins with the first canary.
	idle := &Observation{Canaries: o.Canaries}
	if _, canaries := idle.Replies(); canaries[0].At != 0 {
		t.Errorf("a canary alone was sent at %v", canaries[0].At)
	}
}

// Canaries wait from a shared pool's size on, and are seen to.
func TestSightingsAreWhatJudgeLearns(t *testing.T) {
	k := pools(3, 5, 100*ms, 0)[0]
	_, h := probed(t, 64, k.build)
	seen := map[Fate]int{}
	for _, s := range h.Sightings() {
		seen[s.Fate]++
		if !s.Kept && (s.Held >= 5) != (s.Fate == Waited) {
			t.Errorf("%+v behind a pool of 5", s)
		}
		if s.Fate == Free && s.Took > 10*ms || s.Fate == Waited && s.Took < 10*ms {
			t.Errorf("%+v beside requests of 100 ms", s)
		}
	}
	if len(h.Sightings()) != len(h.beside()) || seen[Free] == 0 || seen[Waited] == 0 {
		t.Errorf("of %d canaries the fates are %v", len(h.beside()), seen)
	}
}

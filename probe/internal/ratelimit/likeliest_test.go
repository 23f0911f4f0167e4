package ratelimit

import (
	"math"
	"math/rand/v2"
	"testing"
)

// behind is what is seen of a service behind a limit: single requests, each with a
// canary, and waves that grow, which are answered with time between them.
func behind(admits func(at float64) bool, everyone bool, seed uint64) (made []Experiment, room int, answered float64, denied bool) {
	r := rand.New(rand.NewPCG(seed, 1))
	at, from, n := 0.3, 0.0, 0
	for id, count := range []int{12, 2, 4, 8, 16, 32, 64, 64, 32, 48, 24, 64} {
		e := Experiment{ID: id + 1, Parts: 1, Counts: true}
		let := 0
		for range count {
			if id == 0 {
				at += 0.2
				e.Canaries = append(e.Canaries, Request{at, !everyone || admits(at)})
			}
			x := Request{at, admits(at)}
			switch {
			case x.Taken:
				let++
				if from > 0 {
					n++
				}
			case from == 0:
				from = at
			}
			e.Heavy = append(e.Heavy, x)
			at += 0.001
		}
		if id > 0 {
			c := Request{at, !everyone || admits(at)}
			denied = denied || !c.Taken
			e.Canaries = append(e.Canaries, c)
		}
		if let < count {
			room = max(room, let)
		}
		made = append(made, e)
		at += 0.4 + 2*r.Float64()
	}
	return made, room, float64(n) / (at - from), denied
}

// Where one rate explains what was seen better than all others do, it is that of
// the limit.
func TestTheRateOfALimitIsFound(t *testing.T) {
	t.Parallel()
	for name, l := range map[string]*Limiter{
		"bucket":         {Rate: 7, Burst: 15},
		"small bucket":   {Rate: 20, Burst: 3},
		"by the clock":   {Rate: 10, Window: &Window{N: 20, Length: 2, Begins: ByClock, phase: 0.7}},
		"from the first": {Rate: 20, Window: &Window{N: 20, Length: 1, Begins: ByRequest}},
		"in no stretch":  {Rate: 15, Window: &Window{N: 30, Length: 2, Begins: Sliding}},
		"refused count":  {Rate: 15, Window: &Window{N: 30, Length: 2, Begins: Sliding, Refused: true}},
		"weighted":       {Rate: 20, Window: &Window{N: 20, Length: 1, Begins: ByRequest, Weighted: true}},
	} {
		t.Run(name, func(t *testing.T) {
			known := 0
			for seed := range uint64(3) {
				for _, everyone := range []bool{false, true} {
					made, room, answered, denied := behind(l.admits(), everyone, seed)
					got := Likeliest(made, room, answered, denied)
					if got.Unlike || got.Everyone && !everyone {
						t.Errorf("seed %d, for everyone: %t; found %+v", seed, everyone, got)
					}
					if got.Vague {
						continue
					}
					if known++; math.Abs(got.Rate/l.Rate-1) > 0.1 {
						t.Errorf("seed %d, for everyone: %t; found %g/s, it is %g/s: %+v", seed, everyone, got.Rate, l.Rate, got)
					}
				}
			}
			t.Logf("of 6 rates %d were known", known)
			if known == 0 && l.Burst != 3 { // of so small a burst, what was added between the waves is not to be seen
				t.Error("no rate was known")
			}
		})
	}
}

// Whom a limit would have let in is whom it let in, where it is found.
func TestWhomTheLikeliestLimitLetsIn(t *testing.T) {
	made, room, answered, denied := behind((&Limiter{Rate: 7, Burst: 15}).admits(), false, 0)
	got := Likeliest(made, room, answered, denied)
	if got.Window != nil || got.Burst != 15 {
		t.Errorf("found %+v", got)
	}
	for _, e := range made {
		n, of := 0, 0
		for k, r := range e.Heavy {
			if r.Taken {
				n++
			}
			if got.Admitted[e.ID][k] {
				of++
			}
		}
		if off := n - of; off < -1 || off > 1 {
			t.Errorf("of experiment %d %d were let in, and the limit lets in %d", e.ID, n, of)
		}
	}
}

// Whoever tosses a coin has no rate.
func TestWhatIsNoLimitByTimeIsUnlikeAny(t *testing.T) {
	for seed := range uint64(3) {
		r := rand.New(rand.NewPCG(seed, 2))
		made, room, answered, denied := behind(func(float64) bool { return r.IntN(2) == 0 }, false, seed)
		if got := Likeliest(made, room, answered, denied); !got.Unlike {
			t.Errorf("seed %d: %+v", seed, got)
		}
	}
}

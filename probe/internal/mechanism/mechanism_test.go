package mechanism

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// By hand: each request takes a second.
func TestMechanismsAnswer(t *testing.T) {
	second := func() float64 { return 1 }
	for _, c := range []struct {
		m    Mechanism
		sent []float64
		want string
	}{
		{Unlimited{}, []float64{0, 0, 1}, "[1 1 2]"},
		{Stretched{2}, []float64{0, 1}, "[2 3]"},
		{Delayed{0.5}, []float64{0, 1}, "[1.5 2.5]"},
		{Together{}, []float64{0, 0, 0}, "[3 3 3]"},

		{Places{2}, []float64{0, 0, 0, 0, 0}, "[1 1 2 2 3]"},
		{Places{2}, []float64{0, 0, 3}, "[1 1 4]"},
		{Places{2}, []float64{0, 0.5, 0.75}, "[1 1.5 2]"},
		{Workers{N: 1, Each: 2}, []float64{0, 0, 0}, "[1 1 2]"},
		{Workers{N: 2, Each: 1}, []float64{0, 0.5, 1.25, 1.25}, "[1 1.5 2.25 2.5]"}, // the second two, too, in turn

		// Who waits for a place has done the rest before.
		{Portion{2, 0.5}, []float64{0, 0}, "[1 1]"},
		{Portion{2, 0.5}, []float64{0, 0, 0, 0, 0}, "[1 1 1.5 1.5 2]"},
		{Portion{2, 0.5}, []float64{0, 0, 0.25}, "[1 1 1.5]"},
		{Portion{2, 0.5}, []float64{0, 0, 0.75}, "[1 1 1.75]"},

		// Who comes again goes to the end of the queue: at once, or after half.
		{Visits{N: 1, Way: 1}, []float64{0, 0}, "[1.5 2]"},
		{Visits{N: 2, Way: 1}, []float64{0, 0.25}, "[1 1.25]"},
		{Visits{N: 1, Way: 0}, []float64{0, 0}, "[2 2]"},
		{Visits{N: 2, Way: 0}, []float64{0, 0, 0}, "[1 1 2]"},
		{Visits{N: 1, Way: 0}, []float64{0, 5}, "[1 6]"},

		{Admitted{0.25, 1}, []float64{0, 0, 0, 5}, "[1 1.25 1.5 6]"},
		{Admitted{0.25, 2}, []float64{0, 0, 0, 10, 10, 10}, "[1 1 1.25 11 11 11.25]"},
		{Finished{0.5}, []float64{0, 0, 0, 5}, "[1 1.5 2 6]"},
	} {
		if got := fmt.Sprint(c.m.answer(c.sent, second, nil)); got != c.want {
			t.Errorf("%T%+v, sent at %v: done at %s; it should be %s", c.m, c.m, c.sent, got, c.want)
		}
	}
}

// Of workers to whom connections come at random, some have none while others have
// several: in each round fewer are busy than in the one before.
func TestWorkersAreTakenAtRandom(t *testing.T) {
	idle := 0
	for seed := range uint64(50) {
		const n = 6
		done := Workers{N: n, Each: 1, Random: true}.answer(make([]float64, n), func() float64 { return 1 }, rand.New(rand.NewPCG(seed, 1)))
		before := n
		for round := 1.0; round <= slices.Max(done); round++ {
			busy := 0
			for _, at := range done {
				if at == round {
					busy++
				}
			}
			if busy == 0 || busy > before {
				t.Errorf("seed %d: %d were done after %g s, after %d in the second before", seed, busy, round, before)
			}
			if round == 1 && busy < n {
				idle++
			}
			before = busy
		}
	}
	if idle < 40 { // one in 65 leaves none idle: 6!/6⁶
		t.Errorf("in %d of 50 only were any idle", idle)
	}
}

func TestSlicesShareOutAllOfAProcessor(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 1))
		n, k := 1+r.IntN(30), 1+r.IntN(3)
		sent, work := make([]float64, n), make([]float64, n)
		sum := 0.0
		for i := range sent {
			sent[i], work[i] = 0.001*float64(i), 0.05+0.05*r.Float64()
			sum += work[i]
		}
		run := func(m Mechanism, sent []float64) []float64 {
			i := 0
			return m.answer(sent, func() float64 { i++; return work[i-1] }, rand.New(rand.NewPCG(seed, 2)))
		}
		near := func(x, y float64) bool { return math.Abs(x-y) < 1e-9 }
		if one, all := run(Slices{k, 1, false}, sent), run(Places{k}, sent); !slices.EqualFunc(one, all, near) {
			t.Errorf("seed %d: in slices that are longer than any request %v, one after the other %v", seed, one, all)
		}
		for _, byLot := range []bool{false, true} {
			if last := slices.Max(run(Slices{1, 0.004, byLot}, sent)); !near(last, sum) {
				t.Errorf("seed %d: one processor was done after %v, with work for %v", seed, last, sum)
			}
		}
		first := slices.Min(run(Slices{1, 0.004, false}, make([]float64, n)))
		if least := float64(n) * (slices.Min(work) - 0.004); first < least {
			t.Errorf("seed %d: of %d in turn the first was done after %v, and not %v or more", seed, n, first, least)
		}
	}
}

// By hand: who finds no place is turned away, and another is served in the place
// of one who was turned away in the wave that is made again.
func TestThereIsRoomForSoMany(t *testing.T) {
	turned := math.NaN()
	for _, c := range []struct {
		room       int
		patience   float64
		sent, done []float64
		want       string
	}{
		{1, 0, []float64{0, 0.5, 1}, []float64{1, turned, 2}, "[true false true]"},
		{2, 0, []float64{0, 0.5, 0.75}, []float64{1, 1.5, 1.75}, "[true true false]"},
		{2, 0, []float64{0, 0.5, 1.25}, []float64{1, turned, 2.25}, "[true true true]"},
		{1, 1, []float64{0, 0.5, 0.75}, []float64{1, turned, turned}, "[true true false]"},
		{1, 1, []float64{0, 0.5, 1}, []float64{1, turned, turned}, "[true true true]"},
	} {
		if got := fmt.Sprint(LetIn(c.room, c.patience, 1, c.sent, c.done)); got != c.want {
			t.Errorf("room for %d, sent at %v, done at %v, patience %g: let in %s; it should be %s", c.room, c.sent, c.done, c.patience, got, c.want)
		}
	}
}

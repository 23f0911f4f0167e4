package search

import (
	"math"
	"math/rand/v2"
	"testing"
)

// run searches a line whose trials behave as try says.
func run(t *testing.T, g Goal, try func(rate float64) Trial) (Decision, []Trial) {
	t.Helper()
	var h []Trial
	for {
		d := Next(g, h)
		if d.Done {
			return d, h
		}
		if d.Rate <= 0 || math.IsNaN(d.Rate) || math.IsInf(d.Rate, 0) {
			t.Fatalf("after %v: rate %v", h, d.Rate)
		}
		if len(h) > g.Trials+spareTrials {
			t.Fatalf("more than %d trials: %v", g.Trials, h)
		}
		h = append(h, try(d.Rate))
	}
}

func sharp(line float64) func(float64) Trial {
	return func(r float64) Trial {
		if r <= line {
			return Trial{Rate: r, Outcome: Pass}
		}
		return Trial{Rate: r, Outcome: Fail}
	}
}

func TestBracketsTheLineWhateverTheGuess(t *testing.T) {
	for _, c := range []struct {
		line, guess float64
		most        int // trials
	}{
		{1000, 1000, 3}, // Little's law was right: two trials, or three
		{1000, 1020, 3},
		{1000, 900, 6},
		{1000, 1150, 6},
		{1000, 300, 11},
		{1000, 5000, 12},
		{3.7, 4, 6}, // slow services have a line too
		{48_000, 20_000, 11},
	} {
		d, h := run(t, Goal{Guess: c.guess, Precision: 1.05, Trials: 20}, sharp(c.line))
		if d.Low > c.line || d.High <= c.line || d.High/d.Low > 1.0551 {
			t.Errorf("line %v, guess %v: [%v, %v] after %v", c.line, c.guess, d.Low, d.High, h)
		}
		if len(h) > c.most {
			t.Errorf("line %v, guess %v: %d trials, expected at most %d: %v", c.line, c.guess, len(h), c.most, h)
		}
	}
}

func TestLineAboveTheHighestRateIsOneSided(t *testing.T) {
	d, _ := run(t, Goal{Guess: 900, Precision: 1.05, Max: 1000, Trials: 20}, sharp(5000))
	if d.Low != 1000 || d.High != 0 {
		t.Errorf("got [%v, %v], want at least 1000", d.Low, d.High)
	}
}

func TestNothingPassesEndsTheSearch(t *testing.T) {
	d, h := run(t, Goal{Guess: 1000, Precision: 1.05, Trials: 30}, sharp(0))
	if d.Low != 0 || d.High == 0 || len(h) > 14 {
		t.Errorf("got [%v, %v] after %d trials", d.Low, d.High, len(h))
	}
}

func TestAVoidTrialIsRepeatedOnce(t *testing.T) {
	first := true
	d, h := run(t, Goal{Guess: 1000, Precision: 1.05, Trials: 20}, func(r float64) Trial {
		if first {
			first = false
			return Trial{Rate: r, Outcome: Void}
		}
		return sharp(980)(r)
	})
	if h[1].Rate != h[0].Rate || d.Low == 0 || d.High == 0 || d.Voided {
		t.Errorf("got %+v after %v", d, h)
	}
}

func TestWhatCannotBeMeasuredMakesTheLineAtLeast(t *testing.T) {
	// The generator gives out at 700; the service would carry more.
	d, _ := run(t, Goal{Guess: 1000, Precision: 1.05, Trials: 20}, func(r float64) Trial {
		if r > 700 {
			return Trial{Rate: r, Outcome: Void}
		}
		return Trial{Rate: r, Outcome: Pass}
	})
	if !d.Voided || d.High != 0 || d.Low < 600 || d.Low > 700 {
		t.Errorf("got %+v", d)
	}
}

func TestVoidTrialsInsideABracketLeaveItWide(t *testing.T) {
	d, h := run(t, Goal{Guess: 1030, Precision: 1.05, Trials: 30}, func(r float64) Trial {
		switch {
		case r <= 920:
			return Trial{Rate: r, Outcome: Pass}
		case r >= 990:
			return Trial{Rate: r, Outcome: Fail}
		}
		return Trial{Rate: r, Outcome: Void}
	})
	if d.Low == 0 || d.High == 0 || d.Low > 920 || d.High < 990 || len(h) > 14 {
		t.Errorf("got %+v after %v", d, h)
	}
}

func TestAllVoidGivesUp(t *testing.T) {
	d, h := run(t, Goal{Guess: 1000, Precision: 1.05, Trials: 40}, func(r float64) Trial { return Trial{Rate: r, Outcome: Void} })
	if d.Low != 0 || d.High != 0 || !d.Voided || len(h) > 40 {
		t.Errorf("got %+v after %d trials", d, len(h))
	}
}

func TestADoubtfulTrialIsRepeated(t *testing.T) {
	d, h := run(t, Goal{Guess: 1000, Precision: 1.05, Trials: 20}, func(r float64) Trial {
		tr := sharp(1000)(r)
		tr.Doubtful = math.Abs(r/1000-1) < 0.04
		return tr
	})
	seen := map[float64]int{}
	for _, x := range h {
		seen[x.Rate]++
	}
	if seen[d.Low] < 2 && seen[d.High] < 2 {
		t.Errorf("neither edge of [%v, %v] was repeated: %v", d.Low, d.High, h)
	}
}

func TestAFailBelowAPassIsRepeatedNotBelieved(t *testing.T) {
	h := []Trial{{Rate: 970, Outcome: Fail}, {Rate: 1100, Outcome: Pass}} // a slow moment, then the truth
	g := Goal{Guess: 1000, Precision: 1.05, Trials: 20}
	if d := Next(g, h); d.Rate != 970 {
		t.Fatalf("tries %v next, want 970 again", d.Rate)
	}
	h = append(h, Trial{Rate: 970, Outcome: Pass}, Trial{Rate: 970, Outcome: Pass})
	if d := Next(g, h); d.Low != 1100 || d.Rate <= 1100 {
		t.Errorf("got %+v, want to go on above 1100", d)
	}
}

func TestARefinedGuessSkipsTheGallop(t *testing.T) {
	h := []Trial{{Rate: 300, Outcome: Pass}}
	if d := Next(Goal{Guess: 1000, Precision: 1.05, Trials: 20}, h); d.Rate != 975 {
		t.Errorf("tries %v, want 975", d.Rate)
	}
	h = []Trial{{Rate: 300, Outcome: Pass}, {Rate: 4000, Outcome: Fail}}
	if d := Next(Goal{Guess: 1000, Precision: 1.05, Trials: 20}, h); d.Rate != 975 {
		t.Errorf("tries %v, want 975", d.Rate)
	}
}

func TestNoisyTrialsStillBracketWithinTheNoise(t *testing.T) {
	// The chance to pass falls from 1 to 0 over ±3 % around the line.
	rng := rand.New(rand.NewPCG(1, 2))
	off := 0
	for range 500 {
		d, _ := run(t, Goal{Guess: 1000 * (0.8 + 0.4*rng.Float64()), Precision: 1.05, Trials: 12}, func(r float64) Trial {
			effective := 1000 * (1 + 0.03*rng.NormFloat64())
			tr := sharp(effective)(r)
			tr.Doubtful = math.Abs(r/effective-1) < 0.01
			return tr
		})
		if d.Low > 1060 || (d.High > 0 && d.High < 940) {
			off++
		}
	}
	if off > 25 {
		t.Errorf("%d of 500 intervals miss the line by more than 6 %%", off)
	}
}

func TestAGuessThatMovesALittleClosesTheBracketInTwoTrials(t *testing.T) {
	for _, moved := range []float64{0.98, 1, 1.017, 1.05} {
		g := Goal{Guess: 1060, Precision: 1.15, Trials: 4, Once: true}
		first := Next(g, nil).Rate
		h := []Trial{{Rate: first, Outcome: Pass}}
		g.Guess *= moved
		h = append(h, Trial{Rate: Next(g, h).Rate, Outcome: Fail})
		if d := Next(g, h); !d.Done {
			t.Errorf("guess moved by %v: goes on with %v after %v", moved, d.Rate, h)
		}
	}
}

func TestALineWithOneEndOnlyIsWorthAFewTrialsMore(t *testing.T) {
	pass := func(r float64) Trial { return Trial{Rate: r, Outcome: Pass} }
	g := Goal{Guess: 1000, Precision: 1.15, Trials: 4, Once: true}
	if d, h := run(t, g, pass); len(h) != 4+otherEnd || d.High != 0 {
		t.Errorf("%d trials, %+v", len(h), d)
	}
	// Once it has both, the number of trials holds.
	fifth := 0
	d, h := run(t, g, func(r float64) Trial {
		if fifth++; fifth == 5 {
			return Trial{Rate: r, Outcome: Fail}
		}
		return pass(r)
	})
	if len(h) != 5 || d.High == 0 {
		t.Errorf("%d trials, %+v", len(h), d)
	}
}

// A guess that creeps upwards makes many passes a little apart. The next step is
// no longer for that: from 4,800 one of 1.6 left a bracket of 60 %.
func TestManySmallStepsDoNotMakeALongOne(t *testing.T) {
	var history []Trial
	for _, rate := range []float64{3350, 4230, 4440, 4570, 4800} {
		history = append(history, Trial{Rate: rate, Outcome: Pass})
	}
	d := Next(Goal{Guess: 4790, Precision: 1.05, Trials: 8}, history)
	if d.Done || d.Rate < 4900 || d.Rate > 4800*1.12 {
		t.Errorf("next is %v, done %v", d.Rate, d.Done)
	}
}

package event

import (
	"math"
	"testing"
)

func TestLittlesLawFindsWhoLeftTwiceOrWithAnothersTime(t *testing.T) {
	for name, wrong := range map[string]func(*Level){
		"":                        func(l *Level) { l.Leave(50, 20) },
		"left twice":              func(l *Level) { l.Leave(50, 10) },
		"left as another":         func(l *Level) { l.Enter(40); l.Leave(50, 30); l.Leave(60, 20) },
		"left and never came":     func(l *Level) { l.Leave(50, 20); l.Leave(60, 60) },
		"came unseen, and stayed": func(l *Level) { l.N++ },
		"came in the future":      func(l *Level) { l.Enter(1000) },
	} {
		var l Level
		l.Enter(10)
		l.Enter(20)
		l.Leave(35, 10)
		wrong(&l)
		if err := l.Check(100); (err == nil) != (name == "") {
			t.Errorf("%q: %v", name, err)
		}
	}
	var l Level
	l.Enter(10)
	l.Enter(20)
	l.Leave(35, 10)
	if l.Area(100) != 10+2*15+65 || l.Visits() != 25 || l.Max != 2 {
		t.Errorf("area %d, visits %d, most %d", l.Area(100), l.Visits(), l.Max)
	}
}

// An autoregressive process of first order depends on its past as a queue does,
// and its mean is known: 0.
func TestBatchMeansCoverTheMeanOfACorrelatedProcess(t *testing.T) {
	covered := 0
	for seed := range uint64(100) {
		r := NewStream(seed, "noise")
		var b Batches
		for i, x := 0, 0.0; i < 20_000; i++ {
			x = 0.95*x + r.NormFloat64()
			b.Add(x)
		}
		if mean, half := b.Interval(); math.Abs(mean) <= half {
			covered++
		}
	}
	if covered < 90 || covered > 99 {
		t.Errorf("%d of 100 intervals cover the mean", covered)
	}
}

func TestStudentsQuantilesAreThoseOfTheTables(t *testing.T) {
	for df, want := range map[float64]float64{4: 2.7764, 9: 2.2622, 19: 2.0930, 29: 2.0452, 39: 2.0227} {
		if got := student95(df); math.Abs(got/want-1) > 0.003 {
			t.Errorf("%v degrees of freedom: %v, the table has %v", df, got, want)
		}
	}
}

func TestStreamsOfOnePurposeDoNotDependOnAnother(t *testing.T) {
	a, b, c := NewStream(1, "think"), NewStream(1, "think"), NewStream(1, "routes")
	same := 0
	for range 100 {
		x := a.Uint64()
		if x != b.Uint64() {
			t.Fatal("the same seed and purpose, and other numbers")
		}
		if x == c.Uint64() {
			same++
		}
	}
	if same > 0 {
		t.Errorf("%d numbers of two purposes are the same", same)
	}
}

// Three jobs of 6, 2 and 3 ns on one processor, begun at 0, 0 and 2. The two share
// until 2 and have had 1 each; three share: the second is done at 5, when the first
// has had 2 and the third 1; two share: the third is done at 9; the first alone at 11.
func TestProcessorsAreSharedEqually(t *testing.T) {
	s := NewSharing(1)
	s.Add(0, 1, 6)
	s.Add(0, 2, 2)
	if at := s.Next(); at != 4 {
		t.Errorf("alone with another, a job of 2 ends at %d", at)
	}
	s.Add(2, 3, 3)
	for _, want := range []struct {
		at int64
		id int32
	}{{5, 2}, {9, 3}, {11, 1}} {
		at := s.Next()
		if id := s.Take(at); at != want.at || id != want.id {
			t.Errorf("job %d ends at %d; expected %+v", id, at, want)
		}
	}
	// On two processors two jobs do not share.
	s = NewSharing(2)
	s.Add(100, 1, 6)
	s.Add(100, 2, 2)
	if at := s.Next(); at != 102 {
		t.Errorf("ends at %d", at)
	}
}

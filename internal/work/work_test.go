package work

import (
	"math"
	"sync"
	"testing"
	"time"
)

// reference is Do said otherwise, over a table of its own.
func reference(units int) uint64 {
	var t []uint64
	for i := uint64(1); i <= 128; i++ {
		z := i * 0x9e3779b97f4a7c15
		z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
		z = (z ^ (z >> 27)) * 0x94d049bb133111eb
		t = append(t, z^(z>>31))
	}
	x := uint64(0x243f6a8885a308d3)
	for range units * 32 {
		x ^= t[x/(1<<57)]
		x *= 0xd1342543de82ef95
		x = x ^ x>>32
	}
	return x
}

func TestTheWorkIsReallyDone(t *testing.T) {
	seen := map[uint64]uint64{}
	for _, units := range []uint64{0, 1, 2, 3, 1000, 100_000} {
		got := Do(units)
		if want := reference(int(units)); got != want {
			t.Errorf("%d units: %#x, want %#x", units, got, want)
		}
		if was, ok := seen[got]; ok {
			t.Errorf("%d and %d units give the same", units, was)
		}
		seen[got] = units
	}
}

func TestThreadsDoNotDisturbEachOther(t *testing.T) {
	want := Do(50_000)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if got := Do(50_000); got != want {
				t.Errorf("%#x, alone %#x", got, want)
			}
		})
	}
	wg.Wait()
}

func TestWorkAllocatesNothing(t *testing.T) {
	if n := testing.AllocsPerRun(10, func() { Do(100) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestUnits(t *testing.T) {
	s := Speed{UnitsPerMicrosecond: 2.5}
	for d, want := range map[time.Duration]uint64{
		0: 0, -time.Second: 0, math.MinInt64: 0,
		time.Microsecond: 3, 2 * time.Microsecond: 5, 20 * time.Millisecond: 50_000,
		199 * time.Nanosecond: 0, 201 * time.Nanosecond: 1,
	} {
		if got := s.Units(d); got != want {
			t.Errorf("%v at 2.5 per µs: %d units, want %d", d, got, want)
		}
	}
	if got := (Speed{UnitsPerMicrosecond: 1e12}).Units(math.MaxInt64); got != math.MaxUint64 {
		t.Errorf("more than there is a number for: %d", got)
	}
	if got := (Speed{}).Units(time.Hour); got != 0 {
		t.Errorf("at no speed: %d", got)
	}
	if got := (Speed{UnitsPerMicrosecond: math.NaN()}).Units(time.Hour); got != 0 {
		t.Errorf("at no number: %d", got)
	}
}

func TestShorth(t *testing.T) {
	for _, c := range []struct {
		why         string
		values      []float64
		mean, width float64
	}{
		{"one value is itself", []float64{7}, 7, 0},
		{"two: half of them is one, the first", []float64{9, 3}, 3, 0},
		{"some slow ones do not count", []float64{10, 4, 11, 10.5, 2, 10.2, 5}, 10.425, 1},
		{"nor do some that are too fast", []float64{10, 30, 11, 10.5, 40, 10.2, 20}, 10.425, 1},
		{"of two clusters the fuller", []float64{5, 5.1, 5.2, 10, 10, 10.1, 10.1}, 10.05, 0.1},
	} {
		mean, width := shorth(c.values)
		if math.Abs(mean-c.mean) > 1e-9 || math.Abs(width-c.width) > 1e-9 {
			t.Errorf("%s: %v ± %v, want %v ± %v", c.why, mean, width, c.mean, c.width)
		}
	}
}

func BenchmarkUnit(b *testing.B) { Do(uint64(b.N)) }

package load

import (
	"testing"
	"time"
)

func TestTheSeriesOfALongRunIsThinnedEvenly(t *testing.T) {
	s := series{keep: 1}
	const n = 20 * 3600 * 24
	for i := range n {
		s.add(Sample{At: time.Duration(i)})
	}
	if len(s.kept) > seriesLimit || len(s.kept) < seriesLimit/2-1 {
		t.Fatalf("%d samples kept", len(s.kept))
	}
	for i, x := range s.kept {
		if int(x.At) != i*s.keep {
			t.Fatalf("sample %d is number %d, want every %d-th", i, x.At, s.keep)
		}
	}
}

func TestManyStatusesTakeBoundedMemory(t *testing.T) {
	var r routeTally
	for code := 200; code < 600; code++ {
		c := r.cell(outcomeOf(code), code)
		if c.code != code && c.code != code/100*100 {
			t.Errorf("status %d is counted as %d", code, c.code)
		}
	}
	// 24, and what is left over by class: 2xx is in it, 429 stays beside 4xx.
	if n := len(r.cells); n > maxCells+5 {
		t.Errorf("%d cells", n)
	}
}

func TestATallyIsEmptyAfterReset(t *testing.T) {
	y := newTally(1)
	y.routes[0].cell(OK, 200).record(Latency, time.Second)
	y.routes[0].Arrivals, y.opened = 1, 1
	y.delay.Record(1)
	y.samples = append(y.samples, Sample{})
	y.reset()
	if s := y.second(0); s.Arrivals != 0 || s.Opened != 0 || len(s.Hists) != 0 || s.Delay.Count() != 0 || len(s.Samples) != 0 {
		t.Errorf("after reset: %+v", s)
	}
}

package probe

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
	"github.com/plimsoll-dev/plimsoll/record"
)

// seeds is how many random services of each sort are tried; PLIMSOLL_SOAK sets
// another number.
func seeds(t *testing.T, usual uint64) uint64 {
	n, err := strconv.ParseUint(os.Getenv("PLIMSOLL_SOAK"), 10, 64)
	switch {
	case err == nil && n > 1:
		return n
	case testing.Short():
		return 1
	}
	return usual
}

// arithmetic skips what takes many requests under the race detector, and in which
// no others meet than where walls are named.
func arithmetic(t *testing.T) {
	if raced {
		t.Skip("it is arithmetic in virtual time")
	}
}

// drawn is a size and a service time.
func drawn(seed uint64) (n int, wait time.Duration) {
	r := rand.New(rand.NewPCG(seed, 3))
	if raced {
		return 3 + int(seed%1000), 200 * ms
	}
	return 2 + r.IntN(40), time.Duration(50+r.IntN(450)) * ms
}

// short are the services whose walls are too small to tell in the time that
// there is under the race detector.
func short(k *known) bool { return raced && (k.name == "grows" || k.name == "pacer") }

// most is how many requests may be in flight.
func most() int {
	if raced {
		return 128
	}
	return 256
}

// check compares a verdict with the truth: sizes may be off by that share.
func check(t *testing.T, k *known, off float64, v *Verdict, h *History) {
	t.Helper()
	size := -1
	if v.Wall.Limit != nil {
		size = *v.Wall.Limit
	}
	if v.Wall.Kind != k.kind {
		t.Errorf("%s %d, confidence %s; it is %s %d\n%+v\n%s", v.Wall.Kind, size, v.Confidence, k.kind, k.limit, v.Hypotheses, told(h))
	} else if most := math.Ceil(off * float64(k.limit)); k.limit > 0 && math.Abs(float64(size-k.limit)) > most {
		t.Errorf("%s of %d (%d … %d); it is %d\n%s", v.Wall.Kind, size, *v.Wall.Low, *v.Wall.High, k.limit, told(h))
	}
	if last := h.Experiments[len(h.Experiments)-1]; last.End > 90e9 {
		t.Errorf("the probe took %.0f s", float64(last.End)/1e9)
	}
}

// Where every request takes the same, sizes are exact.
func TestEveryWallIsNamedWithItsSize(t *testing.T) {
	t.Parallel()
	for seed := range seeds(t, 1) {
		n, wait := drawn(seed)
		for _, k := range zoo(seed, n, wait, 0) {
			if short(&k) {
				continue
			}
			t.Run(fmt.Sprintf("%s/%d/%v/%d", k.name, n, wait, seed), func(t *testing.T) {
				v, h := probed(t, most(), k.build)
				check(t, &k, 0, v, h)
			})
		}
	}
}

// Where times vary by a fifth, sizes are right to 5 %, and to one where that is
// more; of workers that share the places unevenly, to 20 %.
func TestEveryWallIsNamedAlsoWhereTimesVary(t *testing.T) {
	t.Parallel()
	arithmetic(t)
	for seed := range seeds(t, 1) {
		n, wait := drawn(seed + 1000)
		for _, k := range zoo(seed, n, wait, 0.2) {
			if short(&k) {
				continue
			}
			t.Run(fmt.Sprintf("%s/%d/%v/%d", k.name, n, wait, seed), func(t *testing.T) {
				v, h := probed(t, most(), k.build)
				off := 0.05
				if k.name == "processes of threads" {
					off = 0.20
				}
				check(t, &k, off, v, h)
			})
		}
	}
}

func TestPoolsAreMeasuredExactly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n    int
		wait int64 // ms
	}{{1, 50}, {1, 500}, {2, 50}, {4, 500}, {9, 50}, {33, 100}, {64, 50}, {64, 500}, {200, 200}, {400, 300}} {
		if raced && c.n > 40 {
			continue
		}
		for _, k := range pools(1, c.n, time.Duration(c.wait)*ms, 0) {
			t.Run(fmt.Sprintf("%s/%d/%d ms", k.name, c.n, c.wait), func(t *testing.T) {
				v, h := probed(t, 512, k.build)
				check(t, &k, 0, v, h)
				if end := h.Experiments[len(h.Experiments)-1].End; end > 60e9 {
					t.Errorf("it took %.0f s", float64(end)/1e9)
				}
				if v.Confidence != "high" && v.Confidence != "medium" {
					t.Errorf("confidence %s", v.Confidence)
				}
			})
		}
	}
}

// The plan follows from what was seen, and from nothing else: after any part of
// a history, Next asks what it asked then.
func TestThePlanIsAFunctionOfTheHistory(t *testing.T) {
	for _, build := range []func() *responder.Service{
		pools(3, 5, 100*ms, 0.2)[0].build,
		func() *responder.Service { // which is left alone for a while
			return responder.New(1, responder.Private(responder.Ring(20, time.Second)), responder.Wait(100*ms, 0.01, ms/2))
		},
	} {
		_, h := probed(t, 64, build)
		for n := range h.Experiments {
			part := &History{Meta: h.Meta, First: h.First, Experiments: h.Experiments[:n]}
			e, more := Next(part)
			made := h.Experiments[n].Experiment
			if !more || e.What != made.What || e.Why != made.Why || e.Count != made.Count || e.Kept != made.Kept || e.Spacing != made.Spacing || e.Pause != made.Pause {
				t.Fatalf("after %d experiments: %+v, %t; made was %+v", n, e, more, made)
			}
		}
		if e, more := Next(h); more {
			t.Errorf("at the end: %+v", e)
		}
	}
	if e, _ := Next(new(History)); e.What != record.ExperimentBaseline {
		t.Errorf("at the beginning: %+v", e)
	}
}

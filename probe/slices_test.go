package probe

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
)

// sharing is the ways in which a service may compute for many requests, with
// sizes and times drawn from the seed; and loops that wait, which look much like
// some of them.
func sharing(seed uint64) []wild {
	r := rand.New(rand.NewPCG(seed, 17))
	between := func(low, high int) time.Duration { return time.Duration(low+r.IntN(high-low+1)) * ms }
	spread := []float64{0, 0.05, 0.15}[r.IntN(3)]
	canary, jitter := time.Duration(100+r.IntN(800))*time.Microsecond, time.Duration(r.IntN(300))*time.Microsecond
	n, k := 1+r.IntN(4), 1+r.IntN(8)
	of := func(name string, service time.Duration, truths []truth, chain func() walls) wild {
		return wild{name, fmt.Sprintf("%s: %v ± %.2f, canary %v, jitter %v; pool of %d on %d CPUs", name, service, spread, canary, jitter, k, n), truths, func() *responder.Service {
			s := responder.New(seed, chain()...)
			s.Jitter = jitter
			return s
		}}
	}
	cpu, loop := []truth{{kind: CPU}}, []truth{sizedAs(Serial, 1), sizedAs(SharedPool, 1)}
	inTurn, byLot, toTheEnd, waiting := between(18, 80), between(12, 80), between(15, 120), between(15, 120)
	parts := 2 + r.IntN(5)
	pooled := []truth{sizedAs(PrivatePool, k)}
	// More of them than CPUs are from outside what requests are that come several
	// times to a pool of n. It carries n, but a place more would be of no use to it:
	// that name counts as wrong.
	if k >= n {
		pooled = append(pooled, truth{kind: CPU})
	}
	return []wild{
		of("goroutines on one CPU", inTurn, cpu, func() walls {
			return walls{(&responder.Slices{CPUs: 1, Quantum: 10 * ms, Heavy: inTurn, Spread: spread, Canary: canary, Parts: 2}).Wall()}
		}),
		of("threads under one lock", byLot, cpu, func() walls {
			return walls{(&responder.Slices{CPUs: 1, Quantum: 5 * ms, ByLot: true, Heavy: byLot, Spread: spread, Canary: canary, Parts: parts}).Wall()}
		}),
		of("loop that computes", toTheEnd, append(loop, cpu...), func() walls {
			return walls{(&responder.Slices{CPUs: 1, Quantum: math.MaxInt64, Heavy: toTheEnd, Spread: spread, Canary: canary}).Wall()}
		}),
		of("loop that is blocked", waiting, loop, func() walls { return walls{responder.Pool(1), responder.Wait(waiting, spread, canary)} }),
		of("loop that answers at its end", waiting, loop, func() walls { return walls{responder.Batch(), responder.Wait(waiting, spread, canary)} }),
		of("pool that computes", toTheEnd, pooled, func() walls {
			return walls{responder.Private(responder.Pool(k)), (&responder.Slices{CPUs: n, Quantum: 4 * ms, Heavy: toTheEnd, Spread: spread, Canary: canary}).Wall()}
		}),
	}
}

// Threads that compute on one processor all come forward together, and let a
// canary in between; a loop that runs each request to its end does neither.
func TestThreadsThatShareAProcessorAreNoLoop(t *testing.T) {
	t.Parallel()
	if raced {
		t.Skip("it is arithmetic in virtual time, and takes many requests at once")
	}
	right, wrong := map[string]int{}, map[string]int{}
	all := soaked(8, 40)
	for seed := range all {
		for i, w := range sharing(seed) {
			t.Run(fmt.Sprintf("%d/%d", seed, i), func(t *testing.T) {
				v, h := probed(t, 128, w.build)
				j := judged{w, v}
				switch {
				case j.wrong() && v.Confidence == "high":
					t.Errorf("%s\nnamed %s\n%s", w.text, j.said(), told(h))
				case j.wrong():
					wrong[w.name]++
					t.Logf("%s\nnamed %s\n%s", w.text, j.said(), told(h))
				case v.Wall.Kind == Unknown:
					t.Logf("%s\nnamed %s\n%s", w.text, j.said(), told(h))
				default:
					right[w.name]++
				}
			})
		}
	}
	t.Logf("of %d of each, right: %v, wrong: %v", all, right, wrong)
	for _, w := range sharing(0) {
		least, most := 0.8, 0.05
		if w.name == "pool that computes" {
			// More places than CPUs are named by their CPUs, as requests that come to a
			// pool of so many several times: wrongly, and with low confidence.
			least, most = 0.7, 0.3
		}
		if float64(wrong[w.name]) > most*float64(all) || float64(right[w.name]) < least*float64(all) {
			t.Errorf("%s: of %d, %d were named rightly and %d wrongly", w.name, all, right[w.name], wrong[w.name])
		}
	}
}

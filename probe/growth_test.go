package probe

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
	"github.com/plimsoll-dev/plimsoll/record"
)

// A pool that grows when it is kept busy, and shrinks again within a second, is
// not said for sure to have as few places as waves find.
func TestAPoolThatShrinksIsNotSaidToBeSmall(t *testing.T) {
	t.Parallel()
	arithmetic(t)
	for _, c := range []struct {
		n, most     int
		every, idle time.Duration
	}{{4, 17, 50 * ms, 500 * ms}, {6, 17, 100 * ms, 500 * ms}, {5, 12, 100 * ms, 1000 * ms}, {8, 40, 50 * ms, 500 * ms}} {
		for _, cv := range []float64{0, 0.1} {
			t.Run(fmt.Sprint(c, cv), func(t *testing.T) {
				v, h := probed(t, 128, func() *responder.Service {
					return responder.New(1, responder.Dynamic(c.n, c.most, c.every, c.idle), responder.Wait(200*ms, cv, ms))
				})
				size, high := 0, 0
				if v.Wall.Limit != nil {
					size, high = *v.Wall.Limit, *v.Wall.High
				}
				if v.Confidence == "high" && 10*size < 9*c.most || v.Confidence == "medium" && 5*size < 4*c.most && high < c.most {
					t.Errorf("%s of %d (… %d), confidence %s; it is %d … %d\n%+v\n%v\n%s", v.Wall.Kind, size, high, v.Confidence, c.n, c.most, v.Hypotheses, v.Wall.Evidence, told(h))
				}
			})
		}
	}
}

// What was in work at a time while it was kept busy vetoes the smaller size that
// waves find.
func TestASizeIsNotSmallerThanWhatWasCarried(t *testing.T) {
	v, h := probed(t, 128, func() *responder.Service {
		return responder.New(1, responder.Dynamic(10, 40, 20*ms, 50*ms), responder.Wait(200*ms, 0.1, ms))
	})
	most := 0.0
	for _, o := range h.made(record.ExperimentSustain) {
		if g := assess(h).busy(o); g != nil {
			most = max(most, g.last)
		}
	}
	if v.Wall.Limit == nil || most < 16 || float64(*v.Wall.High) < most || v.Confidence == "high" {
		t.Errorf("it had %.1f at a time: %+v, confidence %s\n%s", most, v.Wall, v.Confidence, told(h))
	}
}

// Answers in rounds are the same rate wherever the time begins that is looked at;
// and the load that is still coming is not growth.
func TestABusyPoolDoesNotSeemToGrow(t *testing.T) {
	const pool, kept, unit = 20, 40, 150 * ms
	for _, apart := range []time.Duration{ms, 5 * ms, 12 * ms} {
		o := &Observation{Experiment: record.Experiment{What: record.ExperimentSustain, Count: kept, Spacing: int64(apart), Seconds: 5}}
		free := make([]int64, pool) // when each place is
		due := make([]int64, kept)  // when each asks
		for i := range due {
			due[i] = int64(i) * int64(apart)
		}
		for {
			next, place := 0, 0
			for i := range due {
				if due[i] < due[next] {
					next = i
				}
			}
			for i := range free {
				if free[i] < free[place] {
					place = i
				}
			}
			if due[next] > int64(5*time.Second) {
				break
			}
			done := max(due[next], free[place]) + int64(unit)
			o.Heavy = append(o.Heavy, record.Request{Intended: due[next] + 1, Sent: due[next] + 1, Done: done + 1, Status: "200"})
			free[place], due[next] = done, done
		}
		a := &assessment{noise: noise{mean: 1.04 * unit.Seconds(), spread: 0.03}}
		g := a.busy(o)
		if g == nil || g.grew() || math.Abs(g.last/1.04-pool) > 0.5 {
			t.Errorf("%v apart: %+v", apart, g)
		}
	}
}

// A pool that has more threads only when its queue is full is not said for sure
// to have as few as it has before.
func TestAPoolThatOverflowsIsNotSaidToBeSmall(t *testing.T) {
	for _, c := range []struct{ n, queue, most int }{{2, 10, 20}, {1, 8, 12}, {5, 25, 40}, {4, 20, 40}} {
		for _, cv := range []float64{0, 0.1} {
			t.Run(fmt.Sprint(c, cv), func(t *testing.T) {
				v, h := probed(t, 256, func() *responder.Service {
					return responder.New(1, responder.Overflow(c.n, c.queue, c.most), responder.Wait(200*ms, cv, ms))
				})
				if v.Wall.Limit != nil && v.Confidence == "high" && *v.Wall.Limit < c.most*9/10 {
					t.Errorf("%s of %d, confidence %s\n%+v\n%v\n%s", v.Wall.Kind, *v.Wall.Limit, v.Confidence, v.Hypotheses, v.Wall.Evidence, told(h))
				}
			})
		}
	}
}

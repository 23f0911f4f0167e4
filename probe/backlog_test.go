package probe

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
	"github.com/plimsoll-dev/plimsoll/record"
)

// A server that lets in few connections and has as few wait drops the packets of
// the others, which come again a second later. That is no pace, and it does not
// take the whole time that there is.
func TestAConnectionCapWithAShortBacklogIsNamed(t *testing.T) {
	t.Parallel()
	for seed := range seeds(t, 6) {
		r := rand.New(rand.NewPCG(seed, 23))
		n := 2 + int(math.Exp(r.Float64()*math.Log(80)))
		wait := time.Duration(50+r.IntN(450)) * ms
		backlog := 1 + r.IntN(10)
		cv := 0.2 * float64(seed%2)
		t.Run(fmt.Sprintf("%d/%d+%d/%v/%.1f", seed, n, backlog, wait, cv), func(t *testing.T) {
			v, h := probed(t, 256, func() *responder.Service {
				s := responder.New(seed, responder.Wait(wait, cv, ms))
				s.Admit, s.Backlog = responder.Cap(n), backlog
				return s
			})
			off := 0.0
			if cv > 0 {
				off = 0.05
			}
			check(t, &known{kind: ConnectionCap, limit: n}, off, v, h)
		})
	}
}

// Servers take a while to close a connection: the one of a canary that has been
// answered still counts when the next is asked.
func TestAConnectionThatLingersDoesNotMakeACapSmaller(t *testing.T) {
	for seed := range seeds(t, 4) {
		r := rand.New(rand.NewPCG(seed, 29))
		n := 5 + r.IntN(60)
		wait := time.Duration(100+r.IntN(300)) * ms
		while := time.Duration(20+r.IntN(180)) * ms
		t.Run(fmt.Sprintf("%d/%d/%v/%v", seed, n, wait, while), func(t *testing.T) {
			v, h := probed(t, 256, func() *responder.Service {
				s := responder.New(seed, responder.Wait(wait, 0, ms))
				s.Admit = responder.Lingering(n, while)
				return s
			})
			check(t, &known{kind: ConnectionCap, limit: n}, 0, v, h)
		})
	}
}

// One connection whose first packet was lost does not keep a canary from being
// asked, and one canary's is an accident.
func TestAWaveDoesNotWaitForALostPacket(t *testing.T) {
	heavy := []record.Request{
		{Route: record.RouteHeavy, Intended: 1, Sent: 1, Done: 400e6, Status: "200"},
		{Route: record.RouteHeavy, Intended: 2, Sent: 1000e6, Connect: 1000e6, Done: 1400e6, Status: "200"},
	}
	canary := func(at, took, connect int64) record.Request {
		return record.Request{Route: record.RouteCanary, Intended: at, Sent: at + connect, Connect: connect, Done: at + connect + took, Status: "200"}
	}
	for _, c := range []struct {
		canaries []record.Request
		fates    []int
	}{
		{[]record.Request{canary(50e6, 1e6, 1), canary(60e6, 1e6, 1)}, []int{free, free}},
		{[]record.Request{canary(50e6, 1e6, 1), canary(60e6, 1e6, 1000e6)}, []int{free, free}},
		{[]record.Request{canary(50e6, 1e6, 1000e6), canary(60e6, 1e6, 1000e6)}, []int{waited, waited}},
	} {
		h := new(History)
		alone := []record.Request{{Trial: 1, Route: record.RouteHeavy, Intended: 1, Sent: 1, Done: 400e6, Status: "200"}, {Trial: 1, Route: record.RouteCanary, Intended: 500e6, Sent: 500e6, Done: 501e6, Status: "200"}}
		for i := range alone {
			h.Add(alone[i])
		}
		if err := h.Add(record.Experiment{ID: 1, What: record.ExperimentBaseline}); err != nil {
			t.Fatal(err)
		}
		var fates []int
		for _, s := range h.samples(&Observation{Experiment: record.Experiment{ID: 2, What: record.ExperimentWave, Count: 2}, Heavy: heavy, Canaries: c.canaries}) {
			fates = append(fates, s.fate)
			if s.held != 1 {
				t.Errorf("%d are held beside which a canary was asked, of which one has no connection yet", s.held)
			}
		}
		if fmt.Sprint(fates) != fmt.Sprint(c.fates) {
			t.Errorf("%+v: %v; it should be %v", c.canaries, fates, c.fates)
		}
	}
}

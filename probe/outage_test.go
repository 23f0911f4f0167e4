package probe

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
	"github.com/plimsoll-dev/plimsoll/record"
)

// A service that is restarted while single requests are asked for has the wall
// that it has when it is back, and nothing less is known of it.
func TestARestartIsNoWall(t *testing.T) {
	t.Parallel()
	for seed := range seeds(t, 2) {
		from := time.Duration(450+310*seed%1500) * ms
		for _, k := range []known{
			{"pool", SharedPool, 7, func() *responder.Service {
				return responder.New(seed, responder.Away(from, from+700*ms), responder.Pool(7), responder.Wait(200*ms, 0.02, ms))
			}},
			{"semaphore", PrivatePool, 3, func() *responder.Service {
				return responder.New(seed, responder.Away(from, from+400*ms), responder.Private(responder.Pool(3)), responder.Wait(150*ms, 0, ms))
			}},
			{"loop", Serial, 1, func() *responder.Service {
				return responder.New(seed, responder.Away(from, from+1200*ms), responder.Pool(1), responder.Wait(100*ms, 0, ms))
			}},
			{"none", None, 0, func() *responder.Service {
				return responder.New(seed, responder.Away(from, from+300*ms), responder.Wait(200*ms, 0.02, ms))
			}},
		} {
			t.Run(fmt.Sprintf("%s/%v", k.name, from), func(t *testing.T) {
				v, h := probed(t, 64, k.build)
				if n := turnedAway(&h.Experiments[0]) + turnedAway(&h.Experiments[1]) + turnedAway(&h.Experiments[2]); n == 0 {
					t.Fatal("nobody was turned away")
				}
				check(t, &k, 0, v, h)
				if !confident(v) || !slices.ContainsFunc(v.Warnings, func(w Warning) bool { return w.Code == "outage" }) {
					t.Errorf("confidence %s, warnings %q\n%s", v.Confidence, v.Warnings, told(h))
				}
			})
		}
	}
}

// Who turns away while others are answered, or again whenever more ask, is there.
func TestWhoTurnsAwayIsThere(t *testing.T) {
	t.Parallel()
	for name, build := range map[string]func() *responder.Service{
		"sheds": func() *responder.Service {
			return responder.New(1, responder.Bounded(5, 0), responder.Wait(100*ms, 0, ms))
		},
		"room for one": func() *responder.Service {
			return responder.New(1, responder.Private(responder.Lagging(1, 1500*time.Microsecond, 0.3)), responder.Wait(100*ms, 0, ms))
		},
		"bucket": func() *responder.Service {
			return responder.New(1, responder.Private(responder.Limiter(3, 4)), responder.Wait(100*ms, 0, ms))
		},
		"window": func() *responder.Service {
			return responder.New(1, responder.Private(responder.Windows(20, 10*time.Second, -1)), responder.Wait(100*ms, 0, ms))
		},
		"an hour": func() *responder.Service {
			return responder.New(1, responder.Private(responder.Windows(30, time.Hour, -1)), responder.Wait(100*ms, 0, ms))
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, h := probed(t, 64, build)
			turned := 0
			for i := range h.Experiments {
				turned += turnedAway(&h.Experiments[i])
			}
			if turned == 0 || h.outage() != nil {
				t.Errorf("%d were turned away, and %s\n%s", turned, h.missing(), told(h))
			}
		})
	}
}

// Who is told that there were too many is not told so by a service that is away.
func TestTooManyIsNoOutage(t *testing.T) {
	h := new(History)
	add := adding(h)
	add(record.ExperimentBaseline, 1, 6, "429")
	for at := range proofs {
		add(record.ExperimentWave, 2+at, 4, "200")
	}
	if h.outage() != nil || !h.turnsAway() {
		t.Errorf("outage %+v, turns away: %t", h.outage(), h.turnsAway())
	}
}

// What was asked before and after an outage counts.
func TestOnlyWhatMetAnOutageDoesNotCount(t *testing.T) {
	h := new(History)
	add := adding(h)
	add(record.ExperimentBaseline, 1, 6, "200")
	add(record.ExperimentBaseline, 2, 6, statusRefused)
	for at := range proofs - 1 {
		add(record.ExperimentWave, 3+at, 4, "200")
	}
	if h.outage() != nil || !h.turnsAway() {
		t.Error("it is taken for an outage too soon")
	}
	add(record.ExperimentWave, 9, 4, "200")
	if h.outage() == nil || h.turnsAway() || len(h.made(record.ExperimentBaseline)) != 1 || len(h.made(record.ExperimentWave)) != proofs {
		t.Errorf("outage %+v, turns away: %t", h.outage(), h.turnsAway())
	}
	add(record.ExperimentWave, 10, 8, statusRefused)
	if h.outage() != nil {
		t.Error("it has turned away since")
	}
}

// adding returns what adds experiments of so many requests to a history, each at
// its second.
func adding(h *History) func(what string, at, count int, status string) {
	return func(what string, at, count int, status string) {
		id, zero := len(h.Experiments)+1, int64(at)*1e9
		o := Observation{Experiment: record.Experiment{ID: id, What: what, Count: count, Spacing: int64(spacing)}}
		o.T, o.End = zero, zero+9e8
		for i := range count {
			sent := zero + int64(i)*int64(ms)
			o.Heavy = append(o.Heavy, record.Request{Trial: id, Route: record.RouteHeavy, Sent: sent, Done: sent + 1e8, Status: status})
		}
		h.Experiments = append(h.Experiments, o)
	}
}

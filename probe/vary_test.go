package probe

import (
	"strings"
	"testing"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
	"github.com/plimsoll-dev/plimsoll/record"
)

// What depends on how long requests take, and what does not, tells a pool from a
// limiter, and computing from waiting.
func TestTimeThatIsAskedForTellsPoolsFromPaces(t *testing.T) {
	asked := func() responder.Wall { return responder.WaitAsked(ms) }
	for _, c := range []struct {
		name  string
		kind  Kind
		limit int
		build func() *responder.Service
		says  string
	}{
		{"a pool", SharedPool, 7, func() *responder.Service { return responder.New(1, responder.Pool(7), asked()) },
			"of requests that are to take 100, 200 and 400 ms, 7, 7 and 7 were served at a time"},
		{"a pool of this route", PrivatePool, 7, func() *responder.Service { return responder.New(1, responder.Private(responder.Pool(7)), asked()) },
			"of requests that are to take 100, 200 and 400 ms, 7, 7 and 7 were served at a time"},
		{"a loop", Serial, 1, func() *responder.Service { return responder.New(1, responder.Pool(1), asked()) },
			"of requests that are to take 100, 200 and 400 ms, 1, 1 and 1 were served at a time"},
		{"a limiter", RateLimit, 0, func() *responder.Service {
			return responder.New(1, responder.Private(responder.Pacer(50)), asked())
		}, "of requests that are to take 100, 200 and 400 ms, 50, 50 and 50 were answered in a second"},
		{"a processor, and waiting", CPU, 0, func() *responder.Service { return responder.New(1, asked(), responder.Turn(10*ms, 3*ms)) },
			"were answered in a second"},
		{"a processor that computes for as long as it is asked to", CPU, 0, func() *responder.Service { return responder.New(1, responder.ComputeAsked(2, ms)) },
			"of requests that are to take 100, 200 and 400 ms, "},
		{"nothing", None, 0, func() *responder.Service { return responder.New(1, asked()) }, "at once took 200 ms"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, h, file := look(t, 64, func() seen { return seen{service: c.build(), query: "?ms={ms}"} })
			if v.Wall.Kind != c.kind || c.limit > 0 && *v.Wall.Limit != c.limit || !says(v, c.says) || len(v.Warnings) > 0 {
				t.Errorf("%s, confidence %s, %q, %q\n%s", v.Wall.Kind, v.Confidence, v.Wall.Evidence, v.Warnings, told(h))
			}
			for _, want := range []string{`"millis":200`, `"shortest_ms":100`, `"longest_ms":400`} {
				if !strings.Contains(string(file), want) {
					t.Errorf("the record has no %s", want)
				}
			}
			waves := map[int]int{}
			for i := range h.Experiments {
				if o := &h.Experiments[i]; o.What == record.ExperimentWave {
					waves[o.Millis]++
				}
			}
			if want := 2; c.kind != None && (waves[100] != want || waves[400] != want) || waves[0] > 0 {
				t.Errorf("waves by what they were to take: %v", waves)
			}
		})
	}
}

// Without them, the same history leaves a limiter and a processor less far apart
// than with them.
func TestWavesOfOtherTimesAreWitnesses(t *testing.T) {
	_, h, _ := look(t, 64, func() seen {
		return seen{service: responder.New(1, responder.Private(responder.Pool(7)), responder.WaitAsked(ms)), query: "?ms={ms}"}
	})
	with := assess(h)
	without := *h
	without.Experiments = nil
	for _, o := range h.Experiments {
		if !h.Varied(&o) {
			without.Experiments = append(without.Experiments, o)
		}
	}
	odds := func(a *assessment) float64 { return a.weight(CPU, None, RateLimit) / a.weight(PrivatePool) }
	if a, b := odds(with), odds(assess(&without)); a > b/10 {
		t.Errorf("the odds of what is not a pool are %v, and %v where the time was not varied", a, b)
	}
}

// A service that does not heed the parameter is said not to.
func TestATimeThatIsNotHeededIsSaid(t *testing.T) {
	v, h, _ := look(t, 32, func() seen {
		return seen{service: responder.New(1, responder.Pool(5), responder.Wait(150*ms, 0, ms)), query: "?ms={ms}"}
	})
	if v.Wall.Kind != SharedPool || *v.Wall.Limit != 5 || len(v.Warnings) != 1 || v.Warnings[0].Code != "ms-ignored" ||
		!strings.Contains(v.Warnings[0].Text, "asked to take 100 and 400 ms, a request took 150 ms and 150 ms") {
		t.Errorf("%s, %q\n%s", v.Wall.Kind, v.Warnings, told(h))
	}
}

// A record from before the time was varied has {ms} in its target, and no word of
// what stood for it.
func TestARecordWithoutTimesIsJudgedAsItWas(t *testing.T) {
	v, h, _ := look(t, 32, func() seen {
		return seen{service: responder.New(1, responder.Pool(5), responder.Wait(150*ms, 0, ms))}
	})
	h.Meta.Options[optionTarget] = "http://service/heavy?ms={ms}"
	again := Judge(h)
	if again.Wall.Kind != v.Wall.Kind || *again.Wall.Limit != *v.Wall.Limit || len(again.Warnings) > 0 {
		t.Errorf("%+v, %q", again.Wall, again.Warnings)
	}
	if e, more := Next(h); more {
		t.Errorf("it wants to go on: %+v", e)
	}
}

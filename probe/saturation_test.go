package probe

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
	"github.com/plimsoll-dev/plimsoll/record"
)

// A seen is a service with what may be seen of it from inside.
type seen struct {
	service *responder.Service
	inside  func() (Inside, error)
	metrics string // path of the metrics; "": it has none
	query   string // of the heavy route
}

// look probes a service in virtual time, and reads the verdict from the record
// as it would be written to a file.
func look(t *testing.T, most int, build func() seen) (v *Verdict, h *History, file []byte) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := build()
		cfg := Config{
			Heavy: Request{URL: "http://service/heavy" + s.query}, Canary: &Request{URL: "http://service/canary"},
			MaxConcurrency: most, Dial: s.service.Dial, Inside: s.inside,
		}
		if s.metrics != "" {
			cfg.Metrics = &Request{URL: "http://service" + s.metrics, Header: http.Header{"Authorization": {"Bearer hunter2"}}}
		}
		h, file = seenBy(t, cfg)
		synctest.Wait()
		if n := s.service.Open(); n > 0 {
			t.Errorf("%d connections were left open", n)
		}
		v = Judge(h)
	})
	return v, h, file
}

// of is what /proc shows of a service that has so many CPUs, and threads besides
// those that serve.
func of(s *responder.Service, cpus float64, threads int) func() (Inside, error) {
	return func() (Inside, error) {
		return Inside{Processes: 1, Threads: threads + s.Serving(), CPU: s.Worked(), CPUs: cpus, Busy: s.Worked()}, nil
	}
}

func says(v *Verdict, what string) bool {
	return slices.ContainsFunc(v.Wall.Evidence, func(e string) bool { return strings.Contains(e, what) })
}

// What a pace from outside leaves open, whether a limiter or a processor sets
// it, is told by whether the CPU has anything to do.
func TestAnIdleCPUIsNobodysWall(t *testing.T) {
	pacer := func() *responder.Service {
		return responder.New(1, responder.Private(responder.Pacer(50)), responder.Wait(200*ms, 0, ms))
	}
	weight := func(v *Verdict, kind Kind) float64 {
		for _, x := range v.Hypotheses {
			if x.Kind == kind {
				return x.Weight
			}
		}
		return 0
	}
	without, h := probed(t, 128, pacer)
	with, _, _ := look(t, 128, func() seen { s := pacer(); return seen{service: s, inside: of(s, 2, 9)} })
	if before, now := weight(without, CPU), weight(with, CPU); before < 0.001 || now > before/10 {
		t.Errorf("without a look inside the CPU has %v, with one %v\n%s", before, now, told(h))
	}
	if !says(with, "the CPU is not what they waited for") || !says(with, "it has 9 threads, and no more") {
		t.Errorf("evidence: %q", with.Wall.Evidence)
	}
}

func TestABusyCPUIsTheWall(t *testing.T) {
	for _, c := range []struct {
		cpus  float64
		build func() *responder.Service
		want  string
	}{
		{2, func() *responder.Service { return responder.New(1, responder.Compute(2, 100*ms, ms/2)) }, "of 2 CPUs: all that there is"},
		{1, func() *responder.Service { return responder.New(1, responder.Compute(1, 100*ms, ms/2)) }, "of 1 CPU: all that there is"},
		{8, func() *responder.Service { return responder.New(1, responder.Compute(1, 100*ms, ms/2)) }, "as much as one thread can: it computes"},
	} {
		t.Run(c.want, func(t *testing.T) {
			v, h, _ := look(t, 64, func() seen { s := c.build(); return seen{service: s, inside: of(s, c.cpus, 4)} })
			remedy := "twice the CPUs"
			if c.cpus == 8 {
				remedy = "a second process, or a second thread that computes"
			}
			if v.Wall.Kind != CPU || v.Confidence != "high" || !says(v, c.want) || !strings.HasPrefix(v.Remedies[0].Change, remedy) {
				t.Errorf("%s, confidence %s, %q\n%s", v.Wall.Kind, v.Confidence, v.Wall.Evidence, told(h))
			}
		})
	}
}

// What is idle is one process. A pace may be that of a processor elsewhere, and
// requests that slow each other down may do so in another process: no such
// verdict is one to act on.
func TestAnIdleProcessIsNotTheWholeService(t *testing.T) {
	idle := func() (Inside, error) { return Inside{Processes: 1, Threads: 9, CPUs: 2}, nil }
	for name, c := range map[string]struct {
		build func() *responder.Service
		ask   string
	}{
		"a processor behind it": {func() *responder.Service {
			return responder.New(1, responder.Wait(200*ms, 0, ms), responder.Private(responder.Turn(20*ms, ms/2)))
		}, "what the service calls (a database, another service)"},
		"a processor in another process": {func() *responder.Service { return responder.New(1, responder.Compute(2, 100*ms, ms/2)) },
			"--pid of the process that does the work"},
	} {
		t.Run(name, func(t *testing.T) {
			v, h, _ := look(t, 128, func() seen { return seen{service: c.build(), inside: idle} })
			if confident(v) {
				t.Errorf("%s, confidence %s, %+v\n%s", v.Wall.Kind, v.Confidence, v.Hypotheses, told(h))
			}
			if !slices.ContainsFunc(v.Ask, func(s string) bool { return strings.Contains(s, c.ask) }) {
				t.Errorf("%s, confidence %s: it asks for %q", v.Wall.Kind, v.Confidence, v.Ask)
			}
		})
	}
}

// The threads of a pool show as requests are held, and stop at its size.
func TestAPoolOfThreadsShowsItsThreads(t *testing.T) {
	v, h, file := look(t, 128, func() seen {
		s := responder.New(1, responder.Pool(20), responder.Counted(), responder.Wait(200*ms, 0, ms))
		return seen{service: s, inside: of(s, 4, 12)}
	})
	if v.Wall.Kind != SharedPool || *v.Wall.Limit != 20 || v.Confidence != "high" || !says(v, "it has 12 threads at rest, and 32 while") && !says(v, "it has 13 threads at rest, and 32 while") {
		t.Errorf("%s, confidence %s, %q\n%s", v.Wall.Kind, v.Confidence, v.Wall.Evidence, told(h))
	}
	if !bytes.Contains(file, []byte(`"source":"proc"`)) || !bytes.Contains(file, []byte(`"voluntary_switches"`)) {
		t.Error("what was seen is not in the record")
	}
}

// A record without gauges gives the verdict that it always gave: what is not
// seen says nothing.
func TestWhatWasNotSeenSaysNothing(t *testing.T) {
	v, h, _ := look(t, 64, func() seen {
		s := responder.New(1, responder.Pool(5), responder.Counted(), responder.Wait(100*ms, 0, ms))
		return seen{service: s, inside: of(s, 4, 12)}
	})
	bare := &History{Meta: h.Meta, First: h.First, Requests: h.Requests, End: h.End, Hash: h.Hash, Experiments: slices.Clone(h.Experiments)}
	for i := range bare.Experiments {
		bare.Experiments[i].Gauges = nil
	}
	without := Judge(bare)
	if without.Wall.Kind != v.Wall.Kind || *without.Wall.Limit != *v.Wall.Limit || says(without, "the service used") || !says(v, "the service used") {
		t.Errorf("with: %+v\nwithout: %+v", v.Wall, without.Wall)
	}
	for _, s := range assess(bare).strained() {
		t.Errorf("experiment %d is said to have been seen", s.ID)
	}
	first, _ := json.Marshal(v)
	second, _ := json.Marshal(Judge(h))
	if !bytes.Equal(first, second) {
		t.Error("the same history is judged in two ways")
	}
}

// A process that ends does not end the probe.
func TestAProcessThatCannotBeSeenIsDoneWithout(t *testing.T) {
	left := 20
	v, h, _ := look(t, 16, func() seen {
		s := responder.New(1, responder.Pool(3), responder.Wait(100*ms, 0, ms))
		look := of(s, 2, 3)
		return seen{service: s, inside: func() (Inside, error) {
			if left--; left < 0 {
				return Inside{}, fmt.Errorf("no such process")
			}
			return look()
		}}
	})
	if v.Wall.Kind != SharedPool || h.End != endCompleted {
		t.Errorf("%s, %s", v.Wall.Kind, h.End)
	}
	if n := len(v.Warnings); n != 1 || v.Warnings[0].Code != "no-proc" || v.Warnings[0].Text != "--pid: no such process; the probe goes on without it" {
		t.Errorf("warnings %+v", v.Warnings)
	}
}

// loads are judged by what the service may use, and by what others left it.
func TestLoadsAreJudgedByWhatThereIs(t *testing.T) {
	for _, c := range []struct {
		cpu, cpus, idle float64
		want            load
		why             string
	}{
		{0.02, 2, 1.9, idling, "it waits"},
		{1.9, 2, 0.1, allCPUs, "both are busy"},
		{1.0, 2, 0.9, oneCPU, "one of two: a thread, or a global lock"},
		{1.0, 1, 0, allCPUs, "one of one"},
		{0.48, 0.5, 0, allCPUs, "all of a quota"},
		{0.3, 2, 0.05, unseen, "others have the CPUs: it would use more"},
		{1.2, 2, 0.05, allCPUs, "it has most of what others leave"},
		{0.7, 2, 1.2, partly, "a little of both"},
	} {
		u := usage{cpu: c.cpu, cpus: c.cpus, idle: c.idle}
		if l := u.load(); l != c.want {
			t.Errorf("%s: %v of %v with %v idle is %v, want %v", c.why, c.cpu, c.cpus, c.idle, l, c.want)
		}
	}
}

// What a control group allows is less than the machine has: that others are busy
// on the rest of it leaves the process all of its own.
func TestAQuotaIsNotScarceBecauseOthersWork(t *testing.T) {
	const second = 1e9
	at := func(t int64, cpu, busy float64) record.Gauge {
		return record.Gauge{Head: record.Head{T: t}, Source: record.SourceProc, Values: map[string]float64{
			gaugeCPU: cpu, gaugeCPUs: 1, gaugeAffinity: 8, gaugeBusy: busy}}
	}
	for _, c := range []struct {
		used, busy float64
		want       load
		why        string
	}{
		{0.6, 3, partly, "it does not use what it is allowed"},
		{0.1, 3, idling, "it hardly works"},
		{0.6, 8, allCPUs, "it has most of what others leave"},
		{0.98, 3, allCPUs, "it uses what it is allowed"},
		{-5, 3, unseen, "a worker has ended and taken what it used with it"},
	} {
		o := Observation{Heavy: []record.Request{{Sent: 1, Done: 1 + second, Status: "200"}},
			Gauges: []record.Gauge{at(1, 10, 100), at(1+second, 10+c.used, 100+c.busy)}}
		u := o.usage(new(History))
		if l := u.load(); l != c.want {
			t.Errorf("%s: %v of 1 CPU, with %v idle, is %v, want %v", c.why, u.cpu, u.idle, l, c.want)
		}
	}
}

// Whatever is seen inside, the walls that are known from outside keep their
// names: nothing that is seen makes a verdict wrong, and sure of it.
func TestWhatIsSeenInsideMisleadsNobody(t *testing.T) {
	t.Parallel()
	arithmetic(t)
	for seed := range seeds(t, 1) {
		n, wait := drawn(seed + 500)
		for _, threads := range []int{3, 300} {
			for _, k := range zoo(seed, n, wait, 0) {
				if k.name == "grows" && threads == 3 {
					continue // what grows and is shared by every route is threads, and would show
				}
				t.Run(fmt.Sprintf("%s/%d/%v/%d threads/%d", k.name, n, wait, threads, seed), func(t *testing.T) {
					v, h, _ := look(t, most(), func() seen { s := k.build(); return seen{service: s, inside: of(s, 4, threads)} })
					wrong := v.Wall.Kind != k.kind || k.limit > 0 && *v.Wall.Limit != k.limit
					if wrong && confident(v) {
						t.Errorf("%s, confidence %s, %+v; it is %s %d\n%q\n%s", v.Wall.Kind, v.Confidence, v.Hypotheses, k.kind, k.limit, v.Wall.Evidence, told(h))
					}
					if wrong && threads == 300 { // as many as any of these needs
						t.Errorf("%s, confidence %s; it is %s %d", v.Wall.Kind, v.Confidence, k.kind, k.limit)
					}
				})
			}
		}
	}
}

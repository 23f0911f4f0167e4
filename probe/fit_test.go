package probe

import (
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/golden"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// Each wall is written as the engine, or the resource, that has it.
func TestWhatWasLearnedIsWrittenAsAWorkload(t *testing.T) {
	work := func() responder.Wall { return responder.Wait(200*ms, 0, ms) }
	for _, c := range []struct {
		name, engine string
		cpus         float64 // 0: nobody looks inside
		build        func() *responder.Service
		golden       bool
		holds, says  string // in the document
	}{
		{"shared", "thread:max=7", 0, func() *responder.Service { return responder.New(1, responder.Pool(7), work()) }, true, "", "all of it is waiting here"},
		{"private", "goroutine", 0, func() *responder.Service { return responder.New(1, responder.Private(responder.Pool(7)), work()) }, true, "heavy-pool: {size: 7}", "what the pool is of"},
		{"held for a portion", "goroutine", 0, func() *responder.Service { return responder.New(1, responder.Amid(7, 200*ms, 0, ms, 0.2, 0.5)) }, false, "heavy-pool: {size: 7}", "held at the end of a request's time, as here"},
		{"serial", "loop", 0, func() *responder.Service { return responder.New(1, responder.Pool(1), work()) }, false, "- {call: heavy-time}", ""},
		{"sheds", "thread:max=7,queue=0", 0, func() *responder.Service { return responder.New(1, responder.Bounded(7, 0), work()) }, false, "", ""},
		{"capped", "loop:connections=7", 0, func() *responder.Service {
			s := responder.New(1, work())
			s.Admit = responder.Cap(7)
			return s
		}, false, "", ""},
		{"none", "goroutine", 0, func() *responder.Service { return responder.New(1, work()) }, false, "- {await: heavy-time}", "what stops it past 64 at once"},
		{"computes", "goroutine", 0, func() *responder.Service { return responder.New(1, responder.Compute(1, 100*ms, ms/2)) }, false, "- {compute: 100ms", "how many CPUs the service has"},
		{"computes on two", "goroutine", 2, func() *responder.Service { return responder.New(1, responder.Compute(2, 100*ms, ms/2)) }, false, "- {compute: 100ms", "plimsoll simulate FILE --cpus 2"},
		{"a pool that computes a little", "thread:max=7", 4, func() *responder.Service {
			return responder.New(1, responder.Pool(7), responder.Compute(4, 10*ms, ms/2), work())
		}, false, "- {compute: 10", ""},
		{"a pool that computes for most of the time", "thread:max=3", 16, func() *responder.Service {
			return responder.New(1, responder.Pool(3), responder.Compute(16, 150*ms, ms/2), responder.Wait(50*ms, 0, ms))
		}, false, "- {await: heavy-time}", "how it shares the CPU: most of a request's time is computing, of which it took 15"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, h, _ := look(t, 64, func() seen {
				s := c.build()
				if c.cpus == 0 {
					return seen{service: s}
				}
				return seen{service: s, inside: of(s, c.cpus, 5)}
			})
			h.Hash = "sha256:…" // of all that was done, and not of what is tested here
			text, err := Fit(h)
			if err != nil {
				t.Fatalf("%s, confidence %s: %v\n%s", v.Wall.Kind, v.Confidence, err, told(h))
			}
			w, warnings, err := workload.Parse(c.name, text)
			if err != nil || len(warnings) > 0 {
				t.Fatalf("%v, %v\n%s", err, warnings, text)
			}
			if len(w.Engines) != 1 || w.Engines[0].String() != c.engine || !strings.Contains(string(text), c.holds) || !strings.Contains(string(text), c.says) {
				t.Errorf("%s\n%s", w.Engines, text)
			}
			if total := takes(w, "heavy"); total < 0.99*v.Service.MeanMS || total > 1.01*v.Service.MeanMS {
				t.Errorf("a request takes %.1f ms in the document, and %.1f ms in truth\n%s", total, v.Service.MeanMS, text)
			}
			if c.golden {
				golden.Check(t, "fitted-"+c.name+".yaml", string(text))
			}
		})
	}
}

// takes is how long a route takes by itself in a workload, in milliseconds.
func takes(w *model.Workload, route string) (ms float64) {
	var add func([]model.Step)
	add = func(steps []model.Step) {
		for _, s := range steps {
			add(s.Steps)
			ms += mid(s.Time)
			for _, u := range w.Upstreams {
				if u.Name == s.Upstream {
					ms += mid(u.Latency)
				}
			}
		}
	}
	for _, r := range w.Routes {
		if r.Name == route {
			add(r.Steps)
		}
	}
	return ms
}

func mid(d model.Dist) (ms float64) {
	for _, v := range d.Values {
		ms += v.Seconds() * 1e3 / float64(len(d.Values))
	}
	return ms + d.A.Seconds()*1e3
}

// What a verdict does not support is not written, and it is said what is missing.
func TestWithoutAVerdictNoWorkloadIsWritten(t *testing.T) {
	for _, c := range []struct {
		verdict Verdict
		want    string
	}{
		{Verdict{Void: true, Wall: Wall{Kind: SharedPool}, Confidence: "none"}, "the measurement is void"},
		{Verdict{Wall: Wall{Kind: Unknown}, Confidence: "none", Ask: []string{"--canary URL"}}, "it is not known what stops the service; what would tell more: --canary URL"},
		{Verdict{Wall: Wall{Kind: RateLimit}, Confidence: "high"}, "a limit by time, and no step of a workload is one"},
		{Verdict{Wall: Wall{Kind: PrivatePool}, Confidence: "low"}, "the verdict, private-pool, has confidence low only"},
	} {
		if err := c.verdict.fits(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want …%s…", c.verdict.Wall, err, c.want)
		}
	}
	for _, confidence := range []string{"high", "medium"} {
		if err := (&Verdict{Wall: Wall{Kind: None}, Confidence: confidence}).fits(); err != nil {
			t.Error(err)
		}
	}
	if _, err := Fit(new(History)); err == nil {
		t.Error("a workload is made of nothing")
	}
}

// Many times become few, of the same mean.
func TestTimesKeepTheirMean(t *testing.T) {
	for _, n := range []int{1, 2, 39, 40, 41, 100, 997} {
		var xs []float64
		for i := range n {
			xs = append(xs, 0.001*float64(1+(i*i)%71))
		}
		d := empirical(xs)
		if n > 1 && len(d.Values) != min(n, mostValues) {
			t.Errorf("%d times become %d", n, len(d.Values))
		}
		if got, want := mid(d), mean(xs)*1e3; got < 0.999*want || got > 1.001*want {
			t.Errorf("the mean of %d times is %.2f ms, and was %.2f", n, got, want)
		}
	}
	if d := empirical([]float64{0}); d.Kind != model.DistConstant || d.A != time.Microsecond {
		t.Errorf("no time at all becomes %v", d)
	}
}

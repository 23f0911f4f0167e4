package page

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-dev/plimsoll/probe"
	"github.com/plimsoll-dev/plimsoll/record"
)

// A target is a service on paper: a pool of so many, in which each request takes
// 200 ms and each canary one. It writes the rows that a probe of it would.
type target struct {
	t       *testing.T
	n       int  // 0: there is no pool
	shared  bool // canaries need a place, too
	refuses bool // what finds no place is turned away
	h       probe.History
	now     int64 // nanoseconds since the run's start
	ids     int
}

const (
	milli   = int64(1e6)
	service = 200 * milli
)

func (s *target) add(row record.Row) {
	if err := s.h.Add(row); err != nil {
		s.t.Fatal(err)
	}
}

// wave sends c requests a millisecond apart and then canaries, and gives every
// place to who came first.
func (s *target) wave(e record.Experiment) {
	s.ids++
	e.ID, e.T = s.ids, s.now
	var busy []int64 // when each place that is taken is free again
	serve := func(at, takes int64) (done int64, ok bool) {
		busy = slices.DeleteFunc(busy, func(end int64) bool { return end <= at && s.n == 0 })
		if s.n == 0 || len(busy) < s.n {
			busy = append(busy, at+takes)
			return at + takes, true
		}
		i := slices.Index(busy, slices.Min(busy))
		if s.refuses && busy[i] > at {
			return at + milli, false
		}
		busy[i] = max(at, busy[i]) + takes
		return busy[i], true
	}
	ask := func(route string, at, takes int64, place, kept bool) {
		done, ok := at+takes, true
		if place {
			done, ok = serve(at, takes)
		}
		r := &record.Request{Head: record.Head{T: at}, Trial: e.ID, Route: route, Intended: at, Sent: at, FirstByte: done, Done: done, Status: "200", Kept: kept}
		if !ok {
			r.Status = "503"
		}
		s.add(r)
		e.End = max(e.End, done)
	}
	at := s.now
	switch e.What {
	case record.ExperimentBaseline:
		for range e.Count {
			ask(record.RouteHeavy, at, service+int64(at%7)*milli/10, false, false)
			ask(record.RouteCanary, at+service+2*milli, milli, false, false)
			ask(record.RouteCanary, at+service+4*milli, milli, false, true)
			at += service + 6*milli
		}
	default:
		for range e.Count {
			ask(record.RouteHeavy, at, service, true, false)
			at += milli
		}
		at += 20 * milli
		for i := range e.Canaries {
			ask(record.RouteCanary, at+int64(i)*5*milli, milli, s.shared, false)
		}
		if e.Kept {
			ask(record.RouteCanary, at, milli, s.shared, true)
		}
	}
	s.add(&e)
	s.now = e.End + 10*milli
}

// probedTarget is a service with what a probe asks of one with such a pool.
func probedTarget(t *testing.T, n int, shared, refuses bool) *target {
	s := &target{t: t, n: n, shared: shared, refuses: refuses, now: milli}
	s.add(&record.Meta{Command: "probe", Tool: "plimsoll v1", Args: []string{"probe", "--heavy", "http://10.0.0.9:8080/slow"},
		Host: record.Host{OS: "linux", Arch: "amd64", CPU: "a CPU", CPUs: []int{0, 1}, Cores: 2, Go: "go1.26", GOMAXPROCS: 2, Memory: 8 << 30, Descriptors: 1024, DescriptorsHard: 1024, Threads: 100},
		Options: map[string]any{"target": "http://10.0.0.9:8080/slow", "method": "GET", "canary": "http://10.0.0.9:8080/health",
			"max_concurrency": 64, "max_time_ns": int64(180e9), "canary_budget_ns": int64(30e9), "authorised": true, "insecure": true}})
	for range 2 {
		s.wave(record.Experiment{What: record.ExperimentBaseline, Why: "how long does a request take alone?", Count: 12, Canaries: 12})
	}
	for _, c := range []int{1, 2, 4, 8, 16, 32, 64, 64, n, n - 1, n, n - 1} {
		if c > 0 {
			s.wave(record.Experiment{What: record.ExperimentWave, Why: "are so many at once served as fast as one?", Count: c, Canaries: 4, Spacing: milli})
		}
	}
	for range 2 {
		s.wave(record.Experiment{What: record.ExperimentWave, Why: "does a canary on a connection from before wait, too?", Count: n + 2, Canaries: 4, Kept: true, Spacing: milli})
	}
	s.wave(record.Experiment{What: record.ExperimentWave, Why: "the same again", Count: 64, Spacing: milli, Disturbed: "the prober's own timers were 90ms late"})
	s.wave(record.Experiment{What: record.ExperimentIdle, Why: "do connections count?", Canaries: 3, Spacing: milli})
	s.wave(record.Experiment{What: record.ExperimentSettle, Why: "is the service as it was before?", Count: 1, Canaries: 3, Spacing: milli})
	s.add(&record.Event{Head: record.Head{T: s.now}, Name: "ended", Attrs: map[string]any{"end": "completed"}})
	s.h.Hash = "sha256:00"
	return s
}

// found is a verdict on the service, in words of its own: how the real one is
// worded is package probe's business.
func (s *target) found(kind probe.Kind) *probe.Verdict {
	n, rate, twice, canary := s.n, float64(5*s.n), float64(10*s.n), 1.0
	v := &probe.Verdict{Schema: probe.Schema, Kind: "probe", Target: "http://10.0.0.9:8080/slow", Record: "sha256:00", Confidence: "medium",
		Wall:       probe.Wall{Kind: kind, Rate: &rate, Evidence: []string{"of 64 requests some were answered after 200 ms", "canaries say so, too"}},
		Hypotheses: []probe.Hypothesis{{Kind: kind, Weight: 0.94}, {Kind: probe.CPU, Weight: 0.05}, {Kind: probe.Unknown, Weight: 0.01}},
		Ask:        []string{"a look at its CPU"}, Remedies: []probe.Remedy{{Change: "twice as much", Rate: &twice}, {Change: "none of it"}},
		Service: probe.Service{MeanMS: 200.4, LowMS: 199, HighMS: 202, CanaryMS: &canary}, Tried: 64, Requests: s.h.Requests}
	if n > 0 {
		low, high := n, n+1
		v.Wall.Limit, v.Wall.Low, v.Wall.High, v.Hypotheses[0].Limit = &n, &low, &high, &n
	} else {
		v.Wall.Rate = nil
	}
	return v
}

func (s *target) page(v *probe.Verdict) string {
	s.t.Helper()
	var b bytes.Buffer
	if err := Probe(&b, v, &s.h); err != nil {
		s.t.Fatal(err)
	}
	return b.String()
}

func TestTheProbesPageSaysWhatIsMeant(t *testing.T) {
	s := probedTarget(t, 10, true, false)
	says(t, s.page(s.found(probe.SharedPool)), "probe.golden")
}

// The page and the verdict that is derived from the same rows go together.
func TestThePageOfADerivedVerdict(t *testing.T) {
	s := probedTarget(t, 10, true, false)
	v := probe.Judge(&s.h)
	if v.Wall.Kind != probe.SharedPool || *v.Wall.Limit != 10 {
		t.Fatalf("the service on paper has a pool of 10, and the verdict is %s %v", v.Wall.Kind, v.Wall.Limit)
	}
	said := parsePage(t, s.page(v)).words()
	for _, e := range v.Wall.Evidence {
		if !strings.Contains(said, sentence(e)) {
			t.Errorf("the page lacks the evidence %q", e)
		}
	}
	for _, r := range v.Remedies {
		if !strings.Contains(said, sentence(r.Change)) {
			t.Errorf("the page lacks the remedy %q", r.Change)
		}
	}
}

// Whatever the wall, the page begins with it and shows how requests and canaries
// fared.
func TestEveryWallHasAPage(t *testing.T) {
	for _, c := range []struct {
		name            string
		n               int
		shared, refuses bool
		kind            probe.Kind
		says            []string
	}{
		{"shared", 10, true, false, probe.SharedPool, []string{"h1: A pool of 10 (10 … 11) that every route shares", "| 2 | answered | 10 |", "on a kept connection", "predicted, 2 × now"}},
		{"private", 10, false, false, probe.PrivatePool, []string{"h1: A pool of 10 (10 … 11) behind this route alone", "steps with their edges"}},
		{"serial", 1, true, false, probe.Serial, []string{"h1: One event loop", "| 1 | answered | 1 |", "blocked loop"}},
		{"cap", 10, false, false, probe.ConnectionCap, []string{"h1: A cap of 10", "steps with their edges"}},
		{"sheds", 10, false, true, probe.Shedding, []string{"h1: It turns away what exceeds 10", "Crosses: 54 turned away.", "| – | turned away | 54 |", "54 turned away, 503"}},
		{"limiter", 0, false, false, probe.RateLimit, []string{"h1: A limit by time", "fact: wall = rate-limit"}},
		{"cpu", 0, false, false, probe.CPU, []string{"h1: The CPU", "no request is on time"}},
		{"none", 0, false, false, probe.None, []string{"h1: No wall up to 64 at once", "| 1 | answered | 64 |", "all are answered in one"}},
		{"unknown", 10, true, false, probe.Unknown, []string{"h1: Something of size 10", "li: A look at its CPU."}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := probedTarget(t, c.n, c.shared, c.refuses)
			html := s.page(s.found(c.kind))
			var b strings.Builder
			outline(parsePage(t, html), &b)
			said := b.String()
			for _, want := range append(c.says, "Not relied on: the prober's own timers were 90ms late.", "Of 1 the prober itself was held up",
				"leave to drive it to its limit = --i-am-authorised was given", "certificate of the service = whatever it showed: --insecure was given", "canaries say so, too", "cpu 5.0 %") {
				if !strings.Contains(strings.ToLower(said), strings.ToLower(want)) {
					t.Errorf("the page does not say %q:\n%s", want, said)
				}
			}
			everyCoordinateIsANumber(t, html, 200)
			noChartWithoutItsTable(t, html)
		})
	}
}

func TestAVoidProbeSaysSoFirst(t *testing.T) {
	s := probedTarget(t, 10, true, false)
	v := s.found(probe.SharedPool)
	v.Void, v.Reasons = true, []string{"the prober was held up"}
	v.Warnings = []probe.Warning{{Code: "max-time", Text: "the time was over"}}
	page := parsePage(t, s.page(v))
	if got := page.all("h1")[0].words(); got != "Void; the measurement is not to be trusted." {
		t.Errorf("the page begins with %q", got)
	}
	for _, want := range []string{"Void: the prober was held up.", "The time was over."} {
		if !strings.Contains(page.text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

// A probe that was ended at any moment has a page.
func TestAProbeThatHasNotGoneFar(t *testing.T) {
	whole := probedTarget(t, 10, true, false)
	for n := range whole.h.Experiments {
		s := &target{t: t, h: probe.History{Meta: whole.h.Meta, Experiments: whole.h.Experiments[:n], End: "interrupted"}}
		html := s.page(probe.Judge(&s.h))
		page := parsePage(t, html)
		if !strings.Contains(page.text, "Interrupted: the verdict is about what was seen until then.") {
			t.Errorf("after %d experiments it does not say that it was interrupted", n)
		}
		everyCoordinateIsANumber(t, html, 0)
	}
}

// Waves that were sent slowly, and those that were disturbed, are no picture.
func TestTheWaveShownIsOneThatCanBeReliedOn(t *testing.T) {
	s := probedTarget(t, 10, true, false)
	v := probe.Judge(&s.h)
	s.wave(record.Experiment{What: record.ExperimentWave, Why: "slowly", Count: 65, Spacing: 3 * milli})
	s.wave(record.Experiment{What: record.ExperimentWave, Why: "disturbed", Count: 66, Spacing: milli, Disturbed: "so it was"})
	c := &probed{v, &s.h}
	if o := c.deciding(); o.Count != 64 {
		t.Errorf("a wave of %d (%s) is shown, not one of 64", o.Count, o.Why)
	}
	if o := c.holding(); o.Count != 12 || !o.Experiment.Kept {
		t.Errorf("the canaries beside %d are shown, not those beside 12, of which one is on a kept connection", o.Count)
	}
}

// What was seen before a service grew is told, and shown in no chart.
func TestWhatWasSeenBeforeItGrewIsNotShown(t *testing.T) {
	s := probedTarget(t, 10, true, false)
	e := record.Experiment{What: record.ExperimentSustain, Why: "does it grow?", Count: 20, Seconds: 5, Head: record.Head{T: s.now}}
	s.ids++
	e.ID = s.ids
	for round := range int64(25) { // 20 in flight, served 10 at a time and from the middle on all 20
		for i := range int64(20) {
			took := service
			switch {
			case round < 12 && i >= 10:
				took = 2 * service // the first ten go first
			case round > 0 && round <= 12 && i < 10:
				continue // the ten from the round before are served
			}
			at := s.now + round*service + i*milli
			s.add(&record.Request{Head: record.Head{T: at}, Trial: e.ID, Route: record.RouteHeavy, Intended: at, Sent: at, FirstByte: at + took, Done: at + took, Status: "200"})
		}
	}
	e.End = s.now + 26*service
	s.add(&e)
	s.now = e.End
	s.n = 20
	if s.h.Grown() != e.ID {
		t.Fatalf("it grew in experiment %d, and not in %d", e.ID, s.h.Grown())
	}
	if c := (&probed{s.found(probe.SharedPool), &s.h}); c.deciding() != nil || c.holding() != nil || len(s.h.Sightings()) > 0 {
		t.Error("a wave from before it grew is shown")
	}
	s.wave(record.Experiment{What: record.ExperimentWave, Why: "how many now?", Count: 30, Canaries: 4, Spacing: milli})
	c := &probed{s.found(probe.SharedPool), &s.h}
	if c.deciding() == nil || c.deciding().Count != 30 || c.holding() != c.deciding() || len(s.h.Sightings()) != 4 {
		t.Errorf("what was seen after it grew is not shown: %v, %d canaries", c.deciding(), len(s.h.Sightings()))
	}
	if said := parsePage(t, s.page(c.verdict)).words(); !strings.Contains(said, fmt.Sprintf("In experiment %d the service grew", e.ID)) {
		t.Error("the page does not say that it grew")
	}
}

func TestHostileTextOfAProbeStaysText(t *testing.T) {
	const evil = `"'></title></style><script>alert(1)</script><img src=http://example.com/x onerror=alert(1)>`
	s := probedTarget(t, 10, true, false)
	s.h.Meta.Tool, s.h.Meta.Args, s.h.End, s.h.Hash = evil, []string{evil}, evil, evil
	s.h.Meta.Host.OS, s.h.Meta.Host.CPU = evil, evil
	s.h.Meta.Options = map[string]any{"target": evil, "canary": evil, "method": evil, "max_time_ns": evil}
	s.wave(record.Experiment{What: evil, Why: evil, Count: 3, Canaries: 1, Disturbed: evil})
	for i := range s.h.Experiments[3].Heavy {
		s.h.Experiments[3].Heavy[i].Status = evil
	}
	staysText(t, parsePage(t, s.page(probe.Judge(&s.h))), 12)
}

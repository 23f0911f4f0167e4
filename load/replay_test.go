package load

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// A route with more statuses than are kept apart has some by class, of which
// 429 is no part.
func TestEveryStatusComesBackAsItWas(t *testing.T) {
	cfg, err := Config{Routes: []Route{{Path: "/"}}}.completed()
	if err != nil {
		t.Fatal(err)
	}
	y := newTally(1)
	note := func(o Outcome, code int) {
		y.routes[0].Arrivals++
		y.routes[0].Outcomes[o]++
		y.routes[0].cell(o, code).record(Latency, time.Duration(code)*time.Millisecond)
	}
	for code := 200; code < 600; code++ {
		note(outcomeOf(code), code)
	}
	for o := range NumOutcomes {
		if o != OK && o != Status {
			note(o, 0)
		}
	}
	live := newTotals(1)
	var file bytes.Buffer
	r := &recorder{w: record.NewWriter(&file), cfg: &cfg}
	if err := r.begin(record.Meta{}); err != nil {
		t.Fatal(err)
	}
	s := y.second(0)
	live.add(&s)
	r.second(s)
	var back Replay
	if _, err := record.Read(&file, back.Add); err != nil {
		t.Fatal(err)
	}
	if back.total.counts != live.counts {
		t.Errorf("counts %+v, want %+v", back.total.counts, live.counts)
	}
	for _, h := range live.hists {
		if got := back.total.total(h); got.Count() != h.Count() || got.Max() != h.Max() {
			t.Errorf("%v %v %d: %d values up to %v, want %d up to %v", h.Metric, h.Outcome, h.Code, got.Count(), got.Max(), h.Count(), h.Max())
		}
	}
	if len(back.total.hists) != len(live.hists) {
		t.Errorf("%d histograms, want %d", len(back.total.hists), len(live.hists))
	}
}

func TestAReplayRefusesWhatDoesNotFit(t *testing.T) {
	const meta = `{"kind":"meta","t":0,"format":"plimsoll.record/1","command":"load","options":{"target":"http://a","routes":[{"name":"/"}],"stages":[{"for_ns":1000000000,"rate":1}]}}` + "\n"
	for _, c := range []struct{ rows, want string }{
		{`{"kind":"meta","t":0,"format":"plimsoll.record/1","options":{"routes":7}}`, "options in the record"},
		{meta + `{"kind":"second","t":1,"second":0,"routes":{"/x":{"arrivals":1}}}`, `route "/x", which its options do not name`},
		{meta + `{"kind":"histogram","t":1,"metric":"lag","second":0,"unit":"s"}` + "\n" + `{"kind":"second","t":1,"second":0}`, `histogram in "s"`},
		{meta + `{"kind":"event","t":1,"name":"ended","attrs":{"offered_ns":"x"}}`, `event "ended"`},
	} {
		var r Replay
		_, err := record.Read(strings.NewReader(c.rows+"\n"), r.Add)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.rows, err, c.want)
		}
	}
	// What a newer version may add is no error.
	var r Replay
	rows := meta + `{"kind":"histogram","t":1,"metric":"mood","second":0}` + "\n" + `{"kind":"second","t":1,"second":0,"routes":{"/":{"arrivals":1,"outcomes":{"bored":1}}}}` + "\n"
	if _, err := record.Read(strings.NewReader(rows), r.Add); err != nil {
		t.Error(err)
	}
	if s := r.Summary(); s.Outcomes[Other] != 1 || s.Arrivals != 1 {
		t.Errorf("%+v", s.Counts)
	}
}

func TestNothingIsWrittenOfARunThatCannotBe(t *testing.T) {
	good := Config{Target: "http://127.0.0.1:1", Routes: []Route{{Path: "/"}}, Stages: []model.Stage{stage(time.Second, 1)}}
	twice, negative := good, good
	twice.Routes = []Route{{Path: "/"}, {Path: "/", Method: "POST"}}
	negative.InFlight = -1
	for want, cfg := range map[string]Config{`two routes are called "/"`: twice, "InFlight is -1": negative} {
		var file bytes.Buffer
		if _, err := Record(context.Background(), cfg, record.NewWriter(&file), record.Meta{}); err == nil || !strings.Contains(err.Error(), want) || file.Len() > 0 {
			t.Errorf("%v, want %q; wrote %q", err, want, &file)
		}
	}
}

func TestTheRateOfATrialIsTheMeanOfItsStages(t *testing.T) {
	for _, c := range []struct {
		cfg  Config
		want float64
	}{
		{Config{Stages: []model.Stage{stage(time.Second, 10), {For: time.Second, Rate: 10, To: 50}}}, 20},
		{Config{Stages: []model.Stage{stage(time.Second, 10)}, Closed: 3}, 0},
		{Config{}, 0},
	} {
		if got := c.cfg.rate(); got != c.want {
			t.Errorf("%+v: %v, want %v", c.cfg.Stages, got, c.want)
		}
	}
}

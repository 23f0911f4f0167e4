package synthetic

import (
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/work"
	"github.com/plimsoll-dev/plimsoll/model"
)

func TestAFailedUpstreamIs502InOneSentence(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free.Close()
	breaking := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	t.Cleanup(breaking.Close)

	tests := map[string]struct {
		address string
		want    []string
	}{
		"nobody listens":        {free.Addr().String(), []string{free.Addr().String(), "refused"}},
		"closes unanswered":     {strings.TrimPrefix(breaking.URL, "http://"), []string{"EOF"}},
		"answers 500":           {(&standIn{status: 500, body: "out of memory\n"}).start(t).address, []string{"answered 500: out of memory"}},
		"explains itself":       {(&standIn{status: 503, body: " \r\n overloaded \r\nat main.go:1\n"}).start(t).address, []string{"answered 503: overloaded"}},
		"says nothing":          {(&standIn{status: 500}).start(t).address, []string{"answered 500: Internal Server Error"}},
		"a page without an end": {(&standIn{status: 404, body: strings.Repeat("x", 1<<20)}).start(t).address, []string{"answered 404: xxx"}},
		"success of some kind":  {(&standIn{status: 202, body: "later"}).start(t).address, []string{"answered 202: later"}}, // the upstream's contract is 200
	}
	for name, tt := range tests {
		for _, step := range []model.Step{await("payment"), call("payment")} {
			get := serve(t, newService(t, workloadOf(constant(time.Millisecond), "payment", step), Options{Upstreams: []string{tt.address}}))
			got := get("/", "1")
			if got.status != 502 || !strings.HasPrefix(got.body, "checkout: upstream payment") {
				t.Errorf("%s, %v: %.300v", name, step.Verb, got)
			}
			if strings.Count(got.body, "\n") != 1 || !strings.HasSuffix(got.body, "\n") || len(got.body) > 300 {
				t.Errorf("%s, %v: not one line of ordinary length: %.300q", name, step.Verb, got.body)
			}
			for _, w := range tt.want {
				if !strings.Contains(got.body, w) {
					t.Errorf("%s, %v: %.300q does not say %q", name, step.Verb, got.body, w)
				}
			}
		}
	}
}

func TestAFailedStepEndsItsBranchAndNotTheOthers(t *testing.T) {
	u := &standIn{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if u.change("in ", r, 0); strings.HasPrefix(r.URL.Path, "/bad") {
			http.Error(w, "no", http.StatusInternalServerError)
		}
	}))
	t.Cleanup(s.Close)
	w := workloadOf(constant(time.Millisecond), "bad bad-too good better never",
		parallel(
			[]model.Step{await("bad"), await("never")},
			[]model.Step{await("good"), call("better")},
			[]model.Step{call("bad-too"), await("never")},
		), await("never"))
	get := serve(t, newService(t, w, Options{Upstreams: []string{strings.TrimPrefix(s.URL, "http://")}}))
	got := get("/", "1")
	if want := (reply{502, "checkout: upstream bad answered 500: no; upstream bad-too answered 500: no\n"}); got != want {
		t.Errorf("%v, not %v", got, want)
	}
	asked := strings.Join(u.events(), " ")
	if strings.Contains(asked, "never") || !strings.Contains(asked, "/better") || len(u.events()) != 4 {
		t.Errorf("asked for %s", asked)
	}
}

func TestNewRefusesWhatCouldNotCostWhatTheWorkloadSays(t *testing.T) {
	waits := workloadOf(constant(time.Millisecond), "db", await("db"))
	computes := workloadOf(model.Dist{}, "", compute(constant(time.Millisecond)))
	nested := workloadOf(model.Dist{}, "", hold("pool", parallel(nil, []model.Step{choice(model.Branch{P: 1, Steps: computes.Routes[0].Steps})})))
	nested.Resources = []model.Resource{{Name: "pool", Size: 1}}
	for name, tt := range map[string]struct {
		w    *model.Workload
		opts Options
		want string
	}{
		"upstreams without addresses": {waits, Options{Speed: slow}, "Options.Upstreams"},
		"compute without a speed":     {computes, Options{}, "Options.Speed"},
		"compute somewhere inside":    {nested, Options{}, "Options.Speed"},
		"a speed that is no number":   {computes, Options{Speed: work.Speed{UnitsPerMicrosecond: math.NaN()}}, "Options.Speed"},
		"work below zero":             {computes, Options{Speed: slow, ComputeScale: -1}, "ComputeScale"},
	} {
		s, err := New(tt.w, tt.opts)
		if err == nil || s != nil || !strings.Contains(err.Error(), "workload shop") || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, tt := range map[string]struct {
		w    *model.Workload
		opts Options
	}{
		"no upstreams, no addresses": {computes, Options{Speed: slow}},
		"nothing computes, no speed": {waits, one},
	} {
		if _, err := New(tt.w, tt.opts); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

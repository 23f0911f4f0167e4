package synthetic

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/cps"
	"github.com/plimsoll-dev/plimsoll/model"
)

// A cpsRecorder is a recorder in continuation-passing style. Its upstreams
// answer when the test says so, the latest question first.
type cpsRecorder struct {
	recorder
	later []func()
	fails error
}

var _ cps.Task = (*cpsRecorder)(nil)

func (r *cpsRecorder) line(verb, op string) {
	r.lines = append(r.lines, verb+" "+op)
}

func (r *cpsRecorder) Await(op string, f func(cps.Task, func(error)), then func(error)) {
	r.line("await", op)
	f(r, then)
}

func (r *cpsRecorder) Call(op string, f func(engine.Task) error, then func(error)) {
	r.line("call", op)
	then(f(&r.recorder))
}

func (r *cpsRecorder) Compute(op string, f func(), then func()) {
	r.line("compute", op)
	f()
	then()
}

func (r *cpsRecorder) Block(op string, f func() error, then func(error)) {
	r.line("block", op)
	then(f())
}

func (r *cpsRecorder) Hold(res *engine.Resource, f func(cps.Task, func(error)), then func(error)) {
	r.line("hold", res.Name())
	res.Acquire(engine.NewParker)
	f(r, func(err error) {
		res.Release()
		r.line("release", res.Name())
		then(err)
	})
}

func (r *cpsRecorder) All(op string, f []func(cps.Task, func(error)), then func(error)) {
	r.line("all", op)
	errs := make([]error, len(f))
	left := len(f)
	for i := range f {
		f[i](r, func(err error) {
			errs[i] = err
			if left--; left == 0 {
				r.line("joined", op)
				then(errors.Join(errs...))
			}
		})
	}
}

func (r *cpsRecorder) Get(address, target string, then func(int, []byte, error)) {
	r.asked = append(r.asked, address+target)
	r.later = append(r.later, func() { then(http.StatusOK, nil, r.fails) })
}

func (r *cpsRecorder) Sleep(time.Duration, func()) { panic("no step sleeps") }

func (r *cpsRecorder) Post(f func()) { f() }

// request has the service answer one request.
func (r *cpsRecorder) request(t *testing.T, s *Service, path string, seed uint64) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequest("GET", path, nil)
	req.Header.Set(SeedHeader, formatSeed(seed))
	w := httptest.NewRecorder()
	done := 0
	s.ServeCPS(r, w, req, func() { done++ })
	for len(r.later) > 0 {
		latest := r.later[len(r.later)-1]
		r.later = r.later[:len(r.later)-1]
		latest()
	}
	if done != 1 {
		t.Fatalf("seed %x: done %d times", seed, done)
	}
	return w
}

// Whatever the style, a request asks for the same latencies.
func TestCallbacksDrawWhatCoroutinesDraw(t *testing.T) {
	s := newService(t, branching(), one)
	for seed := range uint64(100) {
		stack := (&recorder{}).request(t, s, seed).asked
		var callbacks cpsRecorder
		if w := callbacks.request(t, s, "/", seed); w.Code != http.StatusOK || w.Body.String() != "checkout done\n" {
			t.Fatalf("seed %x: %d %s", seed, w.Code, w.Body)
		}
		slices.Sort(stack)
		slices.Sort(callbacks.asked)
		if !slices.Equal(stack, callbacks.asked) {
			t.Errorf("seed %x: with a stack\n%q, by callbacks\n%q", seed, stack, callbacks.asked)
		}
	}
}

func TestCallbacksRunEveryVerbInOrder(t *testing.T) {
	w := workloadOf(constant(1500*time.Microsecond), "db api",
		model.Step{Verb: model.Call, Op: "login", Upstream: "db"},
		hold("pool", compute(constant(time.Millisecond)), await("api")),
		parallel([]model.Step{await("db"), call("api")}, []model.Step{choice(model.Branch{P: 1, Steps: []model.Step{await("api")}})}),
		model.Step{Verb: model.Block, Op: "native", Time: constant(time.Microsecond)},
	)
	w.Resources = []model.Resource{{Name: "pool", Size: 1}}
	s := newService(t, w, Options{Upstreams: []string{"10.0.0.1:80"}})
	var r cpsRecorder
	r.request(t, s, "/", 1)
	want := `call login
hold pool
compute compute
await api
release pool
all parallel
await db
await api
call api
joined parallel
block native`
	if got := strings.Join(r.lines, "\n"); got != want {
		t.Errorf("ran\n%s\nnot\n%s", got, want)
	}
	if s := s.Resources()[0]; s.InUse != 0 || s.Acquired != 1 {
		t.Errorf("%+v", s)
	}
}

func TestCallbacksFailAsCoroutinesDo(t *testing.T) {
	s := newService(t, workloadOf(spread, "db api", hold("pool", await("db")), await("api")), one)
	s.resources["pool"] = engine.NewResource("pool", 1)
	r := cpsRecorder{fails: errors.New("broken")}
	w := r.request(t, s, "/", 1)
	if w.Code != http.StatusBadGateway || w.Body.String() != "checkout: upstream db: broken\n" || len(r.asked) != 1 {
		t.Errorf("%d %q, asked %q", w.Code, w.Body, r.asked)
	}
	if s := s.resources["pool"].Stats(); s.InUse != 0 {
		t.Errorf("%+v", s)
	}
	if w := new(cpsRecorder).request(t, s, "/nowhere", 1); w.Code != http.StatusNotFound {
		t.Errorf("%d", w.Code)
	}
	var unknown error
	run := run{service: s}
	run.stepsThen(new(cpsRecorder), []model.Step{{Verb: 99, Op: "dream"}}, func(err error) { unknown = err })
	if unknown == nil || !strings.Contains(unknown.Error(), `"dream"`) {
		t.Errorf("%v", unknown)
	}
}

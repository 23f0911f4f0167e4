package synthetic

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/work"
	"github.com/plimsoll-dev/plimsoll/model"
)

// A recorder is a task that notes the verbs it is given, one line each, with
// those inside a verb indented. It runs the branches of All one after another,
// in an order that the test chooses, and its connections lead to an upstream
// in memory that answers at once: nothing in it depends on time.
type recorder struct {
	backwards bool // the last branch of All first
	idle      bool // Compute does not run its function

	indent string
	lines  []string
	asked  []string // address and target of every request to an upstream
}

func (r *recorder) note(verb, op string, f func() error) error {
	r.lines = append(r.lines, r.indent+verb+" "+op)
	r.indent += "\t"
	defer func() { r.indent = r.indent[1:] }()
	return f()
}

func (r *recorder) Await(op string, f func(engine.Task) error) error {
	return r.note("await", op, func() error { return f(r) })
}

func (r *recorder) Call(op string, f func(engine.Task) error) error {
	return r.note("call", op, func() error { return f(r) })
}

func (r *recorder) Compute(op string, f func()) {
	_ = r.note("compute", op, func() error {
		if !r.idle {
			f()
		}
		return nil
	})
}

func (r *recorder) Block(op string, f func() error) error { return r.note("block", op, f) }

func (r *recorder) Hold(res *engine.Resource, f func(engine.Task) error) error {
	verb := "hold"
	if res.IsMonitor() {
		verb = "monitor"
	}
	return r.note(verb, fmt.Sprintf("%s/%d", res.Name(), res.Size()), func() error {
		res.Acquire(engine.NewParker)
		defer res.Release()
		return f(r)
	})
}

func (r *recorder) All(op string, f ...func(engine.Task) error) error {
	return r.note("all", op, func() (first error) {
		if r.backwards {
			f = slices.Clone(f)
			slices.Reverse(f)
		}
		for _, branch := range f {
			if err := branch(r); err != nil && first == nil {
				first = err
			}
		}
		return first
	})
}

func (r *recorder) Dial(_ context.Context, _, address string) (net.Conn, error) {
	return &answering{task: r, address: address}, nil
}

func (r *recorder) Sleep(time.Duration) { r.lines = append(r.lines, r.indent+"sleep") }

// answering is a connection whose other end says 200 to everything.
type answering struct {
	net.Conn
	task    *recorder
	address string
	answer  *strings.Reader
}

func (c *answering) Write(p []byte) (int, error) {
	request := strings.Fields(string(p))
	c.task.asked = append(c.task.asked, c.address+request[1])
	c.answer = strings.NewReader("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	return len(p), nil
}

func (c *answering) Read(p []byte) (int, error) { return c.answer.Read(p) }

func (c *answering) Close() error { return nil }

// request has the service answer one request on a recorder.
func (r *recorder) request(t *testing.T, s *Service, seed uint64) *recorder {
	t.Helper()
	req := httptest.NewRequest("GET", "/", nil).WithContext(engine.WithTask(t.Context(), r))
	req.Header.Set(SeedHeader, formatSeed(seed))
	w := httptest.NewRecorder()
	if s.ServeHTTP(w, req); w.Code != http.StatusOK {
		t.Fatalf("seed %x: %d %s", seed, w.Code, w.Body)
	}
	return r
}

// Parts of workloads.

func await(upstream string) model.Step {
	return model.Step{Verb: model.Await, Op: upstream, Upstream: upstream}
}

func call(upstream string) model.Step {
	return model.Step{Verb: model.Call, Op: upstream, Upstream: upstream}
}

func compute(d model.Dist) model.Step {
	return model.Step{Verb: model.Compute, Op: "compute", Time: d}
}

func hold(resource string, steps ...model.Step) model.Step {
	return model.Step{Verb: model.Hold, Op: resource, Resource: resource, Steps: steps}
}

func parallel(branches ...[]model.Step) model.Step {
	s := model.Step{Verb: model.Parallel, Op: "parallel"}
	for _, b := range branches {
		s.Branches = append(s.Branches, model.Branch{Steps: b})
	}
	return s
}

func choice(branches ...model.Branch) model.Step {
	return model.Step{Verb: model.Choice, Op: "choice", Branches: branches}
}

func constant(d time.Duration) model.Dist { return model.Dist{Kind: model.DistConstant, A: d} }

// spread has so many values that two draws of it are hardly ever the same.
var spread = model.Dist{Kind: model.DistLognormal, A: 400 * time.Millisecond, B: 900 * time.Millisecond}

// workloadOf is a workload with one route, /, and an upstream of every name.
func workloadOf(latency model.Dist, upstreams string, steps ...model.Step) *model.Workload {
	w := &model.Workload{Name: "shop", Routes: []model.Route{{Name: "checkout", Path: "/", Weight: 1, Steps: steps}}}
	for _, name := range strings.Fields(upstreams) {
		w.Upstreams = append(w.Upstreams, model.Upstream{Name: name, Latency: latency})
	}
	return w
}

// slow makes tests cheap: a millisecond of compute is ten units of work.
var slow = work.Speed{UnitsPerMicrosecond: 0.01}

func newService(t *testing.T, w *model.Workload, opts Options) *Service {
	t.Helper()
	if opts.Speed == (work.Speed{}) {
		opts.Speed = slow
	}
	s, err := New(w, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func formatSeed(seed uint64) string { return fmt.Sprintf("%016x", seed) }

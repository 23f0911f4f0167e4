package analysis

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-dev/plimsoll/model"
)

// A Variant is one change that gives a service more of one limit, to see
// whether its load line moves. The zero Variant changes nothing. Its text form
// stands in the record: "max=400", "inventory-pool.size=100", "compute=50%".
type Variant struct {
	Option, Value string  // an engine option's new value
	Resource      string  // a resource of the workload, and
	Size          int     // its new size
	Compute       float64 // the share of the workload's CPU work that is left
	Awaited       bool    // every call and block is an await instead
}

const awaited = "calls=awaited"

// String returns the text form.
func (v Variant) String() string {
	switch {
	case v.Option != "":
		return v.Option + "=" + v.Value
	case v.Resource != "":
		return fmt.Sprintf("%s.size=%d", v.Resource, v.Size)
	case v.Compute > 0:
		return fmt.Sprintf("compute=%g%%", 100*v.Compute)
	case v.Awaited:
		return awaited
	}
	return ""
}

// ParseVariant reads the text form.
func ParseVariant(s string) (Variant, error) {
	key, value, ok := strings.Cut(s, "=")
	switch {
	case s == "":
		return Variant{}, nil
	case s == awaited:
		return Variant{Awaited: true}, nil
	case !ok:
		return Variant{}, fmt.Errorf("analysis: variant %q has no value", s)
	case key == "compute":
		p, err := strconv.ParseFloat(strings.TrimSuffix(value, "%"), 64)
		if err != nil {
			return Variant{}, fmt.Errorf("analysis: variant %q: %w", s, err)
		}
		return Variant{Compute: p / 100}, nil
	case strings.HasSuffix(key, ".size"):
		n, err := strconv.Atoi(value)
		if err != nil {
			return Variant{}, fmt.Errorf("analysis: variant %q: %w", s, err)
		}
		return Variant{Resource: strings.TrimSuffix(key, ".size"), Size: n}, nil
	}
	return Variant{Option: key, Value: value}, nil
}

// Apply returns the configuration and the workload with the change made.
func (v Variant) Apply(cfg model.EngineConfig, w *model.Workload) (model.EngineConfig, *model.Workload, error) {
	changed := *w
	switch {
	case v.Option != "":
		c, err := cfg.With(v.Option, v.Value)
		return c, w, err
	case v.Resource != "":
		changed.Resources = append([]model.Resource(nil), w.Resources...)
		for i := range changed.Resources {
			if changed.Resources[i].Name == v.Resource {
				changed.Resources[i].Size = v.Size
			}
		}
	case v.Awaited:
		changed = *awaiting(w)
	}
	return cfg, &changed, nil
}

// awaiting returns the workload with its calls and blocking steps awaited: the
// same waits, in a form that gives way.
func awaiting(w *model.Workload) *model.Workload {
	changed := *w
	changed.Upstreams = slices.Clone(w.Upstreams)
	var rewrite func([]model.Step) []model.Step
	rewrite = func(steps []model.Step) []model.Step {
		steps = slices.Clone(steps)
		for i := range steps {
			s := &steps[i]
			switch s.Verb {
			case model.Call:
				s.Verb = model.Await
			case model.Block:
				name := fmt.Sprintf("block-%d", len(changed.Upstreams))
				changed.Upstreams = append(changed.Upstreams, model.Upstream{Name: name, Latency: s.Time})
				*s = model.Step{Verb: model.Await, Op: s.Op, Upstream: name}
			}
			s.Steps = rewrite(s.Steps)
			s.Branches = slices.Clone(s.Branches)
			for k := range s.Branches {
				s.Branches[k].Steps = rewrite(s.Branches[k].Steps)
			}
		}
		return steps
	}
	changed.Routes = slices.Clone(w.Routes)
	for i := range changed.Routes {
		changed.Routes[i].Steps = rewrite(changed.Routes[i].Steps)
	}
	return &changed
}

// Moved says in words what was changed: "with 400 threads".
func (v Variant) Moved() string {
	switch {
	case v.Option == "max":
		return "with " + v.Value + " threads"
	case v.Option == "queue":
		return "with a queue of any length"
	case v.Option != "":
		return "with " + v.String()
	case v.Resource != "":
		return fmt.Sprintf("with %d of %s", v.Size, v.Resource)
	case v.Compute > 0:
		return fmt.Sprintf("with %g %% of the CPU work", 100*v.Compute)
	case v.Awaited:
		return "with its calls awaited"
	}
	return "unchanged"
}

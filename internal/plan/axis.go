package plan

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-dev/plimsoll/model"
)

// A Vary is a size that a what-if table goes through: an option of an engine, a
// resource, or the number of instances.
type Vary struct {
	Key    string `json:"key"` // as it was written: "thread.max", "inventory-pool.size", "instances"
	Engine string `json:"engine,omitempty"`
	Option string `json:"option,omitempty"`
	// Resource is whose size it is; "" for an option, and for instances.
	Resource string `json:"resource,omitempty"`
	Values   []int  `json:"values"`
}

// VaryInstances is the key of the number of instances.
const VaryInstances = "instances"

const (
	mostValues  = 40
	rangeValues = 8 // of a range without a step
)

// ParseVary reads "thread.max=100..1000", "inventory-pool.size=20..200/20" or
// "instances=2,3,4". A resource may also be named by the upstream that it is
// held for. Errors say what can be varied.
func ParseVary(text string, w *model.Workload, engines []model.EngineConfig) (Vary, error) {
	key, values, ok := strings.Cut(text, "=")
	v := Vary{Key: key}
	if !ok || values == "" {
		return v, fmt.Errorf("vary %q: no values; write %s=20..200, %s=20..200/20 or %s=20,50,100", text, key, key, key)
	}
	if err := v.resolve(w, engines); err != nil {
		return v, fmt.Errorf("vary %q: %w", text, err)
	}
	var err error
	if v.Values, err = parseValues(values); err != nil {
		return v, fmt.Errorf("vary %q: %w", text, err)
	}
	if v.Option != "" {
		for _, n := range v.Values {
			for _, e := range engines {
				if e.Engine != v.Engine {
					continue
				}
				plain, err := base(e) // the sizes that were given are not those that are planned
				if err == nil {
					_, err = varied(plain, v.Option, n)
				}
				if err != nil {
					return v, fmt.Errorf("vary %q: %w", text, err)
				}
			}
		}
	}
	return v, nil
}

// resolve finds what a key names.
func (v *Vary) resolve(w *model.Workload, engines []model.EngineConfig) error {
	if v.Key == VaryInstances {
		return nil
	}
	if name, ok := strings.CutSuffix(v.Key, ".size"); ok {
		if w.Resource(name) != nil {
			v.Resource = name
			return nil
		}
		if held := heldFor(w, name); len(held) == 1 {
			v.Resource = held[0]
			return nil
		}
	}
	can := variable(w, engines)
	engine, option, ok := strings.Cut(v.Key, ".")
	if ok && slices.Contains(can, v.Key) {
		v.Engine, v.Option = engine, option
		return nil
	}
	hint := ""
	if near := model.Closest(v.Key, can); near != "" {
		hint = fmt.Sprintf(" (did you mean %q?)", near)
	}
	return fmt.Errorf("there is no %s%s; what can be varied is %s", v.Key, hint, strings.Join(can, ", "))
}

// noSizes are options that are numbers, and of nothing that a plan is about: no
// connection attempt is lost in a simulation, and a nice value is a rank.
var noSizes = []string{"backlog", "nice"}

// variable are the keys that can be varied.
func variable(w *model.Workload, engines []model.EngineConfig) []string {
	can := []string{VaryInstances}
	for _, r := range w.Resources {
		if !r.Monitor {
			can = append(can, r.Name+".size")
		}
	}
	for _, e := range engines {
		for _, o := range model.SpecOf(e.Engine).Options {
			if o.Kind != model.IntOption && o.Kind != model.LimitOption || slices.Contains(noSizes, o.Name) {
				continue
			}
			if key := e.Engine + "." + o.Name; !slices.Contains(can, key) {
				can = append(can, key)
			}
		}
	}
	return can
}

// heldFor are the resources that are held while requests wait for an upstream.
func heldFor(w *model.Workload, upstream string) (held []string) {
	var walk func(steps []model.Step, inside []string)
	walk = func(steps []model.Step, inside []string) {
		for _, s := range steps {
			if s.Upstream == upstream {
				for _, r := range inside {
					if !slices.Contains(held, r) {
						held = append(held, r)
					}
				}
			}
			if s.Verb == model.Hold {
				walk(s.Steps, append(slices.Clone(inside), s.Resource))
			}
			for _, b := range s.Branches {
				walk(b.Steps, inside)
			}
		}
	}
	for _, r := range w.Routes {
		walk(r.Steps, nil)
	}
	return held
}

// parseValues reads "20..200", "20..200/20" or "20,50,100".
func parseValues(text string) ([]int, error) {
	from, rest, isRange := strings.Cut(text, "..")
	if !isRange {
		var values []int
		for part := range strings.SplitSeq(text, ",") {
			n, err := count(part)
			if err != nil {
				return nil, err
			}
			values = append(values, n)
		}
		slices.Sort(values)
		return checked(slices.Compact(values))
	}
	to, every, stepped := strings.Cut(rest, "/")
	low, err := count(from)
	if err != nil {
		return nil, err
	}
	high, err := count(to)
	if err != nil {
		return nil, err
	}
	if high < low {
		return nil, fmt.Errorf("%d is more than %d; write %d..%d", low, high, high, low)
	}
	if !stepped {
		return spread(low, high), nil
	}
	step, err := count(every)
	if err != nil {
		return nil, err
	}
	if (high-low)/step >= mostValues {
		return nil, fmt.Errorf("%s has more than %d values; write a longer step, as %d..%d/%d", text, mostValues, low, high, (high-low)/rangeValues+1)
	}
	var values []int
	for n := low; n <= high; n += step {
		values = append(values, n)
	}
	return values, nil
}

func checked(values []int) ([]int, error) {
	if len(values) > mostValues {
		return nil, fmt.Errorf("these are %d values; write %d at most", len(values), mostValues)
	}
	return values, nil
}

func count(text string) (int, error) {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || n < 1 || n > mostSlots {
		return 0, fmt.Errorf("%q is not a whole number from 1 to %d", text, mostSlots)
	}
	return n, nil
}

// spread are values from low to high that read well: even ratios where the range
// is wide, else even steps.
func spread(low, high int) []int {
	values := []int{low}
	for i := 1; i < rangeValues; i++ {
		x := float64(i) / (rangeValues - 1)
		at := float64(low) + x*float64(high-low)
		if high >= 4*low {
			at = float64(low) * math.Pow(float64(high)/float64(low), x)
		}
		if i == rangeValues-1 {
			at = float64(high)
		} else {
			at = twoFigures(at)
		}
		if n := int(at); n > values[len(values)-1] && n <= high {
			values = append(values, n)
		}
	}
	return values
}

func twoFigures(x float64) float64 {
	scale := math.Pow(10, max(0, math.Floor(math.Log10(x))-1))
	return math.Round(x/scale) * scale
}

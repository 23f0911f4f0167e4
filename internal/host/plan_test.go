package host

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestPlan(t *testing.T) {
	for _, c := range []struct {
		why                    string
		cpus                   []int
		siblings               [][]int
		server, load, upstream []int
		warning                string
	}{
		{"nothing known: one CPU", nil, nil, []int{0}, []int{0}, []int{0}, "one-cpu"},
		{"one CPU: everything shares it", []int{3}, nil, []int{3}, []int{3}, []int{3}, "one-cpu"},
		{"two: the server is alone on the last", []int{1, 0}, nil, []int{1}, []int{0}, []int{0}, ""},
		{"two that an affinity mask left", []int{5, 9}, nil, []int{9}, []int{5}, []int{5}, ""},
		{"two threads of one core: it cannot be helped", []int{0, 1}, [][]int{{0, 1}}, []int{1}, []int{0}, []int{0}, "shared-core"},
		{"two, each half of a core that others have the rest of", []int{0, 1}, [][]int{{0, 8}, {1, 9}}, []int{1}, []int{0}, []int{0}, ""},
		{"three: one each", []int{0, 1, 2}, nil, []int{2}, []int{0}, []int{1}, ""},
		{"three, two of them one core: the whole core alone is the server's", []int{0, 1, 2}, [][]int{{1, 2}, {0}}, []int{0}, []int{1}, []int{2}, ""},
		{"four: half", []int{0, 1, 2, 3}, nil, []int{2, 3}, []int{0}, []int{1}, ""},
		{"four on two cores, numbered as Linux does", []int{0, 1, 2, 3}, [][]int{{0, 2}, {1, 3}}, []int{1, 3}, []int{0}, []int{2}, ""},
		{"four on two cores, numbered in pairs", []int{0, 1, 2, 3}, [][]int{{0, 1}, {2, 3}}, []int{2, 3}, []int{0}, []int{1}, ""},
		{"four on one core", []int{0, 1, 2, 3}, [][]int{{0, 1, 2, 3}}, []int{2, 3}, []int{0}, []int{1}, "shared-core"},
		{"six on three cores: a core and not a half", []int{0, 1, 2, 3, 4, 5}, [][]int{{0, 3}, {1, 4}, {2, 5}}, []int{2, 5}, []int{0, 1}, []int{3, 4}, ""},
		{"eight: the generator has two", []int{0, 1, 2, 3, 4, 5, 6, 7}, nil, []int{4, 5, 6, 7}, []int{0, 1}, []int{2, 3}, ""},
		{"given twice, counted once", []int{0, 0, 1, 1}, nil, []int{1}, []int{0}, []int{0}, ""},
	} {
		p := Plan(c.cpus, c.siblings...)
		if !slices.Equal(p.Server, c.server) || !slices.Equal(p.Load, c.load) || !slices.Equal(p.Upstream, c.upstream) {
			t.Errorf("%s: server %v load %v upstream %v, want %v %v %v", c.why, p.Server, p.Load, p.Upstream, c.server, c.load, c.upstream)
		}
		var code string
		if len(p.Warnings) > 0 {
			code = p.Warnings[0].Code
		}
		if code != c.warning || len(p.Warnings) > 1 {
			t.Errorf("%s: warnings %v, want %q", c.why, p.Warnings, c.warning)
		}
	}
}

// Whatever the machine: every CPU has a role, the server shares with nobody
// (from two CPUs on) and, where there are two cores, splits none.
func TestPlanKeepsTheServerApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		perCore := rapid.IntRange(1, 4).Draw(t, "threads per core")
		n := rapid.IntRange(1, 12).Draw(t, "cores")
		var all []int
		var siblings [][]int
		for c := range n {
			core := []int{}
			for s := range perCore {
				core = append(core, c+s*n)
			}
			siblings = append(siblings, core)
			all = append(all, core...)
		}
		if len(all) < 2 {
			t.Skip("one CPU")
		}
		allowed := rapid.SliceOfNDistinct(rapid.SampledFrom(all), 2, -1, rapid.ID[int]).Draw(t, "allowed")
		before := slices.Clone(allowed)
		p := Plan(allowed, siblings...)
		if !reflect.DeepEqual(allowed, before) {
			t.Fatal("the argument was changed")
		}
		if len(p.Server) == 0 || len(p.Load) == 0 || len(p.Upstream) == 0 || len(p.Server) > len(allowed)/2 {
			t.Fatalf("%+v", p)
		}
		got := slices.Compact(slices.Sorted(slices.Values(slices.Concat(p.Server, p.Load, p.Upstream))))
		if !slices.Equal(got, slices.Sorted(slices.Values(allowed))) {
			t.Fatalf("CPUs %v were placed as %+v", allowed, p)
		}
		shared := false
		for _, s := range p.Server {
			for _, o := range slices.Concat(p.Load, p.Upstream) {
				if s == o {
					t.Fatalf("CPU %d is the server's and another's: %+v", s, p)
				}
				shared = shared || s%n == o%n // the same core
			}
		}
		if warned := len(p.Warnings) > 0; shared != warned {
			t.Fatalf("a core is shared: %t, warned: %t: %+v", shared, warned, p)
		}
	})
}

package plan

import (
	"slices"
	"strings"
	"testing"
)

// Where another size of the same pool is in the way, it gives way.
func TestWhatIsVariedIsWhatIsTried(t *testing.T) {
	for _, c := range []struct {
		planned, option string
		n               int
		want            string
	}{
		{"thread:max=30", "max", 12, "thread:max=12"},
		{"thread:max=30", "spare", 20, "thread:max=30,spare=20"},
		{"thread:max=30", "spare", 300, "thread:max=30,spare=30"},
		{"hybrid:blocking=30", "blocking-max", 20, "hybrid:blocking=20,blocking-max=20"},
		{"hybrid:blocking=60", "blocking-max", 20, "hybrid:blocking=20,blocking-max=20"},
		{"hybrid:blocking=60", "blocking", 80, "hybrid:blocking=80"},
		{"hybrid:blocking=30,blocking-max=50", "blocking", 80, "hybrid:blocking=80,blocking-max=80"},
		{"thread:max=30,spare=20", "max", 12, "thread:max=12,spare=12"},
		{"future:executor=13,executor-max=20", "executor", 30, "future:executor=30,executor-max=30"},
		{"future:max=1,executor=13,executor-max=20", "executor-max", 11, "future:max=1,executor=11,executor-max=11"},
	} {
		got, err := varied(engines(t, c.planned)[0], c.option, c.n)
		if err != nil || got.String() != engines(t, c.want)[0].String() {
			t.Errorf("%s with %s=%d is %s, not %s: %v", c.planned, c.option, c.n, got, c.want, err)
		}
	}
}

// Spare threads are part of their pool: a cell has those of its label, or all that
// its pool has, in whichever order the axes were given.
func TestThreadsAndSpareOnesCanBeVariedTogether(t *testing.T) {
	w := document(t, "workload: waits\nupstreams: {db: {latency: 5ms}}\nroutes: {r: {steps: [{await: db}]}}\nslo: {within: 1s, ratio: 99%, errors: 1%}\n")
	planned := Candidate{Engine: engines(t, "thread:max=25")[0], Instances: 1}
	axes := []string{"thread.max=12,40", "thread.spare=20,30"}
	for range 2 {
		p := &planner{Question: Question{MaxInstances: 1}, workload: w}
		for _, text := range axes {
			v, err := ParseVary(text, w, engines(t, "thread"))
			if err != nil {
				t.Fatal(err)
			}
			p.Vary = append(p.Vary, v)
		}
		if err := p.Check(); err != nil {
			t.Error(err)
		}
		var got []string
		for n := range 4 {
			got = append(got, p.inCell(planned, n).Engine.String())
		}
		slices.Sort(got)
		if want := "thread:max=12,spare=12 thread:max=12,spare=12 thread:max=40,spare=20 thread:max=40,spare=30"; strings.Join(got, " ") != want {
			t.Errorf("%v: %v, not %s", axes, got, want)
		}
		slices.Reverse(axes)
	}
}

// What is planned of a pool may be less than what was given of it.
func TestAnEndOfAPoolIsVariedPastTheOtherThatWasGiven(t *testing.T) {
	w := document(t, "workload: waits\nupstreams: {db: {latency: 5ms}}\nroutes: {r: {steps: [{await: db}]}}\nslo: {within: 1s, ratio: 99%, errors: 1%}\n")
	for _, text := range []string{"future.executor-max=8", "future.executor=40"} {
		if _, err := ParseVary(text, w, engines(t, "future:executor=20,executor-max=30")); err != nil {
			t.Error(err)
		}
	}
	if _, err := ParseVary("future.executor-max=1000001", w, engines(t, "future:executor=20")); err == nil || !strings.Contains(err.Error(), "option executor-max") {
		t.Errorf("more than any pool has: %v", err)
	}
}

func TestTwoAxesOfOnePoolAreRefused(t *testing.T) {
	for _, c := range []struct {
		a, b   Vary
		refuse bool
	}{
		{Vary{Engine: "hybrid", Option: "blocking-max"}, Vary{Engine: "hybrid", Option: "blocking"}, true},
		{Vary{Engine: "future", Option: "executor"}, Vary{Engine: "future", Option: "executor-max"}, true},
		{Vary{Engine: "thread", Option: "max"}, Vary{Engine: "thread", Option: "max"}, true},
		{Vary{Resource: "pool"}, Vary{Resource: "pool"}, true},
		{Vary{Key: VaryInstances}, Vary{Key: VaryInstances}, true},
		{Vary{Engine: "thread", Option: "max"}, Vary{Engine: "thread", Option: "spare"}, false},
		{Vary{Engine: "hybrid", Option: "blocking"}, Vary{Engine: "hybrid", Option: "workers"}, false},
		{Vary{Resource: "pool"}, Vary{Resource: "license"}, false},
		{Vary{Resource: "pool"}, Vary{Key: VaryInstances}, false},
	} {
		c.a.Values, c.b.Values = []int{1}, []int{2}
		q := Question{MaxInstances: 9, Vary: []Vary{c.a, c.b}}
		if err := q.Check(); (err != nil) != c.refuse || err != nil && !strings.Contains(err.Error(), "sizes of one pool") {
			t.Errorf("%+v and %+v: %v", c.a, c.b, err)
		}
	}
}

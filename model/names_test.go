package model

import "testing"

func TestVerbsAndStatesHaveDistinctNames(t *testing.T) {
	seen := map[string]bool{}
	for v := Await; v <= Choice; v++ {
		seen[v.String()] = true
	}
	if len(seen) != 7 || seen[""] || Verb(0).String() != "verb(0)" || Verb(99).String() != "verb(99)" {
		t.Errorf("verbs: %v, %v, %v", seen, Verb(0), Verb(99))
	}
	seen = map[string]bool{}
	for s := range NumStates {
		seen[s.String()] = true
	}
	if len(seen) != int(NumStates) || seen[""] || NumStates.String() != "state(7)" {
		t.Errorf("states: %v, %v", seen, NumStates)
	}
}

func TestClosestGuessesOnlyWhatIsNear(t *testing.T) {
	known := []string{"await", "call", "compute", "block", "hold", "parallel", "choice"}
	for written, want := range map[string]string{
		"awiat": "await", "cal": "call", "Compute": "compute", "paralel": "parallel", "holds": "hold",
		"await":   "await",
		"sleep":   "",
		"x":       "",
		"":        "",
		"payment": "",
	} {
		if got := Closest(written, known); got != want {
			t.Errorf("Closest(%q) = %q, want %q", written, got, want)
		}
	}
	if got := Closest("a", nil); got != "" {
		t.Errorf("Closest among none = %q", got)
	}
}

func TestWorkloadFindsByName(t *testing.T) {
	w := &Workload{
		Routes:    []Route{{Name: "a"}, {Name: "b"}},
		Upstreams: []Upstream{{Name: "u"}},
		Resources: []Resource{{Name: "r"}},
	}
	if w.Route("b") != &w.Routes[1] || w.Upstream("u") != &w.Upstreams[0] || w.Resource("r") != &w.Resources[0] {
		t.Error("a name does not find its definition")
	}
	if w.Route("u") != nil || w.Upstream("r") != nil || w.Resource("a") != nil {
		t.Error("a name finds another kind of thing")
	}
}

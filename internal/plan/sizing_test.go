package plan

import (
	"context"
	"testing"

	"github.com/plimsoll-dev/plimsoll/record"
)

// wears passes whatever is short, and in the long run so many instances.
type wears struct{ least, tries int }

func (y *wears) Try(_ context.Context, c Candidate) (*record.Trial, error) {
	y.tries++
	if c.Long && c.Instances < y.least {
		return &record.Trial{Outcome: record.Failed}, nil
	}
	return &record.Trial{Outcome: record.Passed}, nil
}

func TestInstancesThatHoldForAWhileOnlyAreNotPassedOneByOne(t *testing.T) {
	w := document(t, "workload: waits\nupstreams: {db: {latency: 5ms}}\nroutes: {r: {steps: [{await: db}]}}\nslo: {within: 1s, ratio: 99%, errors: 1%}\n")
	y := &wears{least: 700}
	p := &planner{Question{Rate: 50, CPUs: 1, MaxInstances: 1000}, w, y}
	a := p.ask(engines(t, "vthread")[0])
	a.expected = 1
	n, err := p.fewest(t.Context(), a, seeds, &sizing{})
	if err != nil || n < y.least || n > y.least+y.least/99 {
		t.Errorf("%d instances, where %d are needed: %v", n, y.least, err)
	}
	if y.tries > 100 {
		t.Errorf("%d trials", y.tries)
	}
}

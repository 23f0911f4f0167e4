package plan

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// A Trier says what becomes of a candidate, as the trial of one of its instances.
// It may be asked by any number of goroutines at once, and the same candidate
// again and again.
type Trier interface {
	Try(context.Context, Candidate) (*record.Trial, error)
}

// A Setup is what is simulated in a candidate's place.
type Setup struct {
	Workload  *model.Workload
	Engine    model.EngineConfig
	Seed      uint64
	Instances int
	Balancer  model.Balancer
	Rate      float64 // requests per second, of these instances
	Burst     int     // requests that come at once when the window begins
	Long      bool    // a window ten times as long
}

// Simulate simulates a setup, and judges the trial: that of one of the instances,
// on average.
type Simulate func(context.Context, Setup) (*record.Trial, error)

// A Simulator has candidates simulated, as many at once as there are CPUs here,
// and each once.
type Simulator struct {
	Workload *model.Workload
	Balancer model.Balancer
	Simulate Simulate
	Progress func(tried int) // told of every trial, by one goroutine at a time; nil: nobody is

	begin sync.Once
	slots chan struct{}
	mu    sync.Mutex // guards what follows
	tried map[string]*tried
	done  int
}

type tried struct {
	once sync.Once
	row  *record.Trial // nil: not yet, or err
	err  error
}

// Try simulates a candidate.
func (s *Simulator) Try(ctx context.Context, c Candidate) (*record.Trial, error) {
	s.begin.Do(func() {
		s.slots, s.tried = make(chan struct{}, runtime.GOMAXPROCS(0)), map[string]*tried{}
	})
	key := c.key(s.Workload)
	s.mu.Lock()
	t := s.tried[key]
	if t == nil {
		t = &tried{}
		s.tried[key] = t
	}
	s.mu.Unlock()
	t.once.Do(func() {
		s.slots <- struct{}{}
		row, err := s.simulate(ctx, c)
		<-s.slots
		s.mu.Lock()
		defer s.mu.Unlock()
		t.row, t.err = row, err
		s.done++
		if s.Progress != nil {
			s.Progress(s.done)
		}
	})
	return t.row, t.err
}

func (s *Simulator) simulate(ctx context.Context, c Candidate) (*record.Trial, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	row, err := s.try(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("plan: simulate %s: %w", c.Engine, err)
	}
	row.Purpose, row.Variant = record.PurposePlan, c.variant(s.Workload)
	// What was asked of all instances stands in the record as it was written: a
	// share of it would not give it back to the last digit.
	row.Total = c.Rate
	return row, nil
}

// Trials are those that decided about a candidate each, in an order that depends on
// nothing but them, numbered, and one after the other on the record's clock.
func (s *Simulator) Trials() []*record.Trial {
	s.mu.Lock()
	defer s.mu.Unlock()
	var rows []*record.Trial
	for _, t := range s.tried {
		if t.row != nil {
			rows = append(rows, t.row)
		}
	}
	slices.SortFunc(rows, func(a, b *record.Trial) int {
		return cmp.Or(cmp.Compare(a.Engine, b.Engine), cmp.Compare(a.Variant, b.Variant), cmp.Compare(a.Total, b.Total))
	})
	var at int64
	for i, r := range rows {
		r.ID, r.T = i+1, at
		at += int64((r.LeadIn + r.Seconds) * 1e9)
	}
	return rows
}

// A Replay has trials from a record. It is for one goroutine at a time until all
// rows are added.
type Replay struct {
	Workload *model.Workload
	trials   map[string]*record.Trial
}

// Add takes a row.
func (r *Replay) Add(t *record.Trial) {
	if r.trials == nil {
		r.trials = map[string]*record.Trial{}
	}
	r.trials[fmt.Sprintf("%s|%s|%g", t.Engine, t.Variant, t.Total)] = t
}

// ErrNotTried is the error of a candidate that a record has no trial of, because
// the run was interrupted.
type ErrNotTried struct{ Candidate Candidate }

func (e *ErrNotTried) Error() string {
	return fmt.Sprintf("plan: the record has no trial of %s at %g requests/s", e.Candidate.Engine, e.Candidate.Rate)
}

// Try looks a candidate up.
func (r *Replay) Try(_ context.Context, c Candidate) (*record.Trial, error) {
	if t := r.trials[c.key(r.Workload)]; t != nil {
		return t, nil
	}
	return nil, &ErrNotTried{c}
}

package plan

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/costs"
	"github.com/plimsoll-dev/plimsoll/internal/host"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// Options say what to plan, and where the record goes.
type Options struct {
	Question
	Document *workload.Document
	Engines  []model.EngineConfig
	Costs    costs.Choice // for the record; Simulate has them
	Simulate Simulate
	Record   *record.Writer // where every row goes; the caller closes it
	Tool     string         // program and version, for the record
	Args     []string       // of the command line, for the record
	Progress func(tried int)
}

// ErrNoEngine is returned where there is nothing to plan.
var ErrNoEngine = errors.New("plan: no engine was named, and the workload names none; add -e thread, for example")

// Run makes a plan by simulation and writes its record: the question before
// anything is tried, and at the end the trial that decided about each candidate, in
// an order that the scheduling of this machine has no part in, and the plan. If ctx
// ends, that is in it what was found out until then, and the error is ctx's.
func Run(ctx context.Context, o Options) error {
	if len(o.Engines) == 0 {
		return ErrNoEngine
	}
	w := o.Document.Workload
	if err := o.begin(w); err != nil {
		return err
	}
	s := &Simulator{Workload: w, Balancer: o.Balancer, Simulate: o.Simulate, Progress: o.Progress}
	plan, runErr := Make(ctx, o.Question, w, o.Engines, s)
	if runErr != nil && ctx.Err() == nil {
		return runErr
	}
	return errors.Join(ctx.Err(), o.conclude(plan, s.Trials()))
}

// begin writes the question.
func (o *Options) begin(w *model.Workload) error {
	sum := sha256.Sum256(o.Document.Source)
	names := make([]string, len(o.Engines))
	for i, e := range o.Engines {
		names[i] = e.String()
	}
	return o.Record.Write(&record.Meta{
		Format: record.Format, Tool: o.Tool, Command: "plan", Source: record.SourceSimulation, Args: o.Args, Started: time.Now(),
		Host:     record.Host(host.Describe()),
		Workload: &record.Workload{Name: w.Name, SHA256: hex.EncodeToString(sum[:]), Source: string(o.Document.Source)},
		Seed:     w.Seed, Engines: names,
		Options: map[string]any{"question": o.Question, "costs": o.Costs.Costs, "costs_from": o.Costs.From},
	})
}

// conclude writes the trials and what follows from them.
func (o *Options) conclude(plan *Plan, trials []*record.Trial) error {
	end := record.Head{}
	for _, t := range trials {
		if err := o.Record.Write(t); err != nil {
			return err
		}
		end.T = t.T
	}
	plan.Record = o.Record.Hash()
	b, err := json.Marshal(plan)
	if err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	return o.Record.Write(&record.Verdict{Head: end, JSON: b})
}

// A Reader makes the plan of a record again, by the same code from the same
// trials.
type Reader struct {
	meta   *record.Meta
	replay Replay
}

// Meta is the record's first row.
func (r *Reader) Meta() *record.Meta { return r.meta }

// Add takes a row.
func (r *Reader) Add(row record.Row) error {
	switch row := row.(type) {
	case *record.Meta:
		r.meta = row
		if row.Workload == nil {
			return errors.New("plan: the record has no workload")
		}
		w, _, err := workload.Parse(row.Workload.Name, []byte(row.Workload.Source))
		if err != nil {
			return fmt.Errorf("plan: the record's workload: %w", err)
		}
		r.replay.Workload = w
	case *record.Trial:
		r.replay.Add(row)
	}
	return nil
}

// Plan is what follows from the rows.
func (r *Reader) Plan(hash string) (*Plan, error) {
	var q Question
	b, err := json.Marshal(r.meta.Options["question"])
	if err == nil {
		err = json.Unmarshal(b, &q)
	}
	if err != nil {
		return nil, fmt.Errorf("plan: the record's question: %w", err)
	}
	var engines []model.EngineConfig
	for _, text := range r.meta.Engines {
		e, err := model.ParseEngine(text)
		if err != nil {
			return nil, fmt.Errorf("plan: the record's engines: %w", err)
		}
		engines = append(engines, e)
	}
	p, err := Make(context.Background(), q, r.replay.Workload, engines, &r.replay)
	if p != nil {
		p.Record = hash
	}
	return p, err
}

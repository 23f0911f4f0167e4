package forecast

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/host"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// forecast is one run while it goes on.
type forecast struct {
	Options
	workload *model.Workload
	run      *analysis.Run
	elapsed  int64 // virtual time of all trials so far: where the next one begins in the record
	trials   int
}

// Run simulates the workload under every engine and writes what happened to the
// record. If ctx ends, what was simulated until then is in the record, and the
// error is ctx's.
func Run(ctx context.Context, o Options) error {
	_, err := Verdict(ctx, o)
	return err
}

// Verdict is Run, and returns what follows from the record.
func Verdict(ctx context.Context, o Options) (*analysis.Verdict, error) {
	if len(o.Engines) == 0 {
		return nil, ErrNoEngine
	}
	f := &forecast{Options: o, workload: o.Document.Workload, run: &analysis.Run{}}
	if err := f.begin(); err != nil {
		return nil, err
	}
	var err error
	for _, e := range f.run.Engines {
		if err = f.measure(ctx, e); err != nil {
			break
		}
	}
	if ctx.Err() != nil {
		werr := f.write(&record.Event{Head: f.now(), Name: analysis.EventInterrupted, Text: "the run was interrupted"})
		err = errors.Join(ctx.Err(), werr)
	}
	v, cerr := f.conclude()
	return v, errors.Join(err, cerr)
}

func (f *forecast) begin() error {
	sum := sha256.Sum256(f.Document.Source)
	names := make([]string, len(f.Engines))
	for i, e := range f.Engines {
		names[i] = e.String()
	}
	row := &record.Meta{
		Head: f.now(), Format: record.Format, Tool: f.Tool, Command: "simulate", Source: record.SourceSimulation, Args: f.Args, Started: time.Now(),
		Host:     record.Host(host.Describe()),
		Workload: &record.Workload{Name: f.workload.Name, SHA256: hex.EncodeToString(sum[:]), Source: string(f.Document.Source)},
		Seed:     f.workload.Seed, Engines: names,
		Options: map[string]any{"cpus": f.CPUs, "costs": f.Costs.Costs},
	}
	if f.Retries > 0 {
		row.Options["retries"], row.Options["backoff_ns"] = f.Retries, f.Backoff
	}
	if f.Instances > 1 {
		row.Instances, row.Balancer = f.Instances, string(cmp.Or(f.Balancer, model.RoundRobin))
	}
	return f.write(row)
}

// conclude writes the verdict that follows from what was recorded.
func (f *forecast) conclude() (*analysis.Verdict, error) {
	f.run.Hash = f.Record.Hash()
	v := analysis.Derive(f.run)
	row, err := analysis.VerdictRow(v)
	if err != nil {
		return nil, err
	}
	row.Head = f.now()
	return v, f.Record.Write(row)
}

func (f *forecast) now() record.Head { return record.Head{T: f.elapsed} }

// write puts a row into the record and, as a reader of the record would, into
// the run that decisions are made from.
func (f *forecast) write(row record.Row) error {
	if err := f.Record.Write(row); err != nil {
		return err
	}
	return f.run.Add(row, func(string, []byte) (*model.Workload, error) { return f.workload, nil })
}

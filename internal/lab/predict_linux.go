package lab

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/calibration"
	"github.com/plimsoll-dev/plimsoll/internal/costs"
	"github.com/plimsoll-dev/plimsoll/internal/forecast"
	"github.com/plimsoll-dev/plimsoll/internal/host"
	"github.com/plimsoll-dev/plimsoll/record"
)

// Rounds of calibration before and after the measuring, so that a machine which
// changes meanwhile changes both.
const (
	roundsBefore = 2
	roundsAfter  = 1
)

// gauge adds rounds of calibration to what is known of the machine.
func (l *lab) gauge(ctx context.Context, rounds int) error {
	l.say("", "calibrating costs")
	var earlier [][]calibration.Observation
	if l.machine != nil {
		earlier = l.machine.Rounds
	}
	g, err := newGauger(l.place, l.speed, earlier)
	if err != nil {
		return err
	}
	defer g.stop()
	if l.machine == nil {
		l.machine = &calibration.Measured{Host: host.Describe(), Speed: l.speed, When: time.Now()}
		if l.machine.Memory, err = g.memory(ctx); err != nil {
			return err
		}
		if l.machine.Bare, err = g.bare(); err != nil {
			return err
		}
	}
	for range rounds {
		seen, err := g.round(ctx)
		if err != nil {
			return err
		}
		l.machine.Rounds = append(l.machine.Rounds, seen)
	}
	return nil
}

// predict simulates the workload under every engine, with the costs of this
// machine, and records what that says beside the measurements.
func (l *lab) predict(ctx context.Context) error {
	r, err := calibration.Conclude(l.machine)
	if err != nil {
		return err
	}
	row := r.Row()
	row.Head = l.now()
	if err := l.write(row); err != nil {
		return err
	}
	for _, w := range r.Warnings {
		if err := l.write(&record.Warning{Head: l.now(), Code: "calibration", Text: "calibration: " + w}); err != nil {
			return err
		}
	}
	l.say("", "simulating")
	v, err := forecast.Verdict(ctx, forecast.Options{
		Document: l.doc, Engines: l.Engines, CPUs: len(l.place.Server), Costs: costs.Choice{Costs: r.Costs, From: "this run"},
		Record: record.NewWriter(io.Discard), Tool: l.Tool,
	})
	if err != nil {
		return fmt.Errorf("lab: predict: %w", err)
	}
	for i := range v.Engines {
		p := analysis.PredictionOf(l.contestants[i].Name, &v.Engines[i])
		p.Head = l.now()
		if err := l.write(p); err != nil {
			return err
		}
	}
	return nil
}

package lab

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/calibration"
	"github.com/plimsoll-dev/plimsoll/internal/host"
	"github.com/plimsoll-dev/plimsoll/internal/reactor"
	"github.com/plimsoll-dev/plimsoll/internal/work"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// lab is one comparison while it runs.
type lab struct {
	Options
	doc         *workload.Document
	workload    *model.Workload
	place       host.Placement
	speed       work.Speed
	ups         []*process
	addresses   []string
	address     string // that a server listens on; "": a free port of loopback
	loadNice    int
	origin      int64 // CLOCK_MONOTONIC of the record's zero, ns
	run         *analysis.Run
	contestants []*contestant
	trials      int                   // so far
	machine     *calibration.Measured // what is known of its costs; nil: nothing, and nobody asked
	draining    *drained              // a run whose last answers are waited for, or nil
}

// A contestant is one engine configuration with its server.
type contestant struct {
	*analysis.EngineRun
	target *target
	raised raised // of its confirmation

	reopened   int         // how often its search went on after an overload
	recordings []recording // of its trials
}

// Compare runs the workload under every engine and writes what it saw to the
// record. It returns when all children have ended, also on an error; if ctx
// ends, what was measured until then is in the record, and the error is
// ctx's.
func Compare(ctx context.Context, o Options) error {
	if len(o.Engines) == 0 {
		return ErrNoEngine
	}
	l := &lab{Options: o, doc: o.Document, workload: o.Document.Workload, origin: reactor.Clock(), run: &analysis.Run{}}
	defer l.stopAll()
	err := l.prepare(ctx)
	if err == nil && o.Predict {
		err = l.gauge(ctx, roundsBefore)
	}
	if err == nil {
		err = l.measure(ctx)
	}
	if err == nil && o.Predict {
		if err = l.gauge(ctx, roundsAfter); err == nil {
			err = l.predict(ctx)
		}
	}
	if ctx.Err() != nil {
		err = ctx.Err()
		werr := l.write(&record.Event{Head: l.now(), Name: analysis.EventInterrupted, Text: "the run was interrupted"})
		err = errors.Join(err, werr)
	}
	if l.run.Meta == nil || l.suite != nil {
		return err
	}
	return errors.Join(err, l.conclude())
}

func (l *lab) prepare(ctx context.Context) error {
	cpus, err := host.CPUs()
	if err != nil {
		return err
	}
	l.place = host.Plan(cpus, host.Siblings()...)
	d := host.Describe()
	l.say("", "calibrating compute")
	if l.speed, err = l.calibrate(ctx); err != nil {
		return err
	}
	l.loadNice = loadNice()
	sum := sha256.Sum256(l.doc.Source)
	names := make([]string, len(l.Engines))
	for i, e := range l.Engines {
		names[i] = e.String()
	}
	meta := &record.Meta{
		Head: l.now(), Format: record.Format, Tool: l.Tool, Command: "compare", Args: l.Args, Started: time.Now(),
		Host: record.Host(d),
		Placement: map[string]record.Role{
			"server": {CPUs: l.place.Server}, "load": {CPUs: l.place.Load, Nice: l.loadNice}, "upstream": {CPUs: l.place.Upstream},
		},
		Calibration: &record.Calibration{UnitsPerMicrosecond: l.speed.UnitsPerMicrosecond, Spread: l.speed.Spread},
		Workload:    &record.Workload{Name: l.workload.Name, SHA256: hex.EncodeToString(sum[:]), Source: string(l.doc.Source)},
		Claim:       l.claim, Control: l.control,
		Seed: l.workload.Seed, Engines: names,
		Options: map[string]any{"quick": l.Quick},
	}
	if err := l.write(meta); err != nil {
		return err
	}
	if l.suite != nil {
		l.suite.Runs = append(l.suite.Runs, l.run)
	}
	for _, w := range l.place.Warnings {
		if err := l.write(&record.Warning{Head: l.now(), Code: w.Code, Text: w.Text}); err != nil {
			return err
		}
	}
	if err := l.startUpstreams(); err != nil {
		return err
	}
	for i, e := range l.run.Engines {
		c := &contestant{EngineRun: e}
		if c.target, err = l.startTarget(l.Engines[i], analysis.Variant{}); err != nil {
			return err
		}
		l.contestants = append(l.contestants, c)
	}
	return nil
}

// loadNice is the generator's: it shares a CPU with the upstreams, and must not be
// late.
func loadNice() int {
	if os.Geteuid() == 0 {
		return -10
	}
	return 0
}

// heldPerUpstream is how many requests one upstream process holds at once: its
// descriptors and its lateness are good for that many.
const heldPerUpstream = 9000

func (l *lab) startUpstreams() error {
	if len(l.workload.Upstreams) == 0 {
		return nil
	}
	for range 1 + (l.workload.InFlight-1)/heldPerUpstream {
		p, err := start(roleUpstream, place{cpus: l.place.Upstream, procs: 2}, upstreamSpec{Capacity: l.UpstreamCapacity})
		if err != nil {
			return err
		}
		l.ups = append(l.ups, p)
		var r ready
		if err := p.hear(&r); err != nil {
			return err
		}
		l.addresses = append(l.addresses, r.Address)
	}
	return nil
}

// stopAll ends every child and waits for it.
func (l *lab) stopAll() {
	var all sync.WaitGroup
	if l.draining != nil {
		all.Go(l.draining.abandon)
	}
	for _, c := range l.contestants {
		all.Go(c.target.stop)
		all.Go(c.raised.stop)
	}
	for _, p := range l.ups {
		all.Go(func() { p.stop(time.Second) })
	}
	all.Wait()
}

// conclude writes the traces, and the verdicts that follow from what was recorded.
func (l *lab) conclude() error {
	if err := l.writeTraces(); err != nil {
		return err
	}
	l.run.Hash = l.Record.Hash()
	v := analysis.Derive(l.run)
	row, err := analysis.VerdictRow(v)
	if err != nil {
		return err
	}
	row.Head = l.now()
	return l.Record.Write(row)
}

func (l *lab) now() record.Head { return record.Head{T: reactor.Clock() - l.origin} }

// write puts a row into the record and, as a reader of the record would, into
// the run that decisions are made from.
func (l *lab) write(row record.Row) error {
	if err := l.Record.Write(row); err != nil {
		return err
	}
	return l.run.Add(row, func(string, []byte) (*model.Workload, error) { return l.workload, nil })
}

func (l *lab) say(engine, format string, a ...any) {
	if l.Progress != nil {
		l.Progress(Progress{Elapsed: time.Duration(reactor.Clock() - l.origin), Engine: engine, Text: fmt.Sprintf(format, a...)})
	}
}

// calibrate measures how fast compute's unit of work is on the server's CPU.
func (l *lab) calibrate(ctx context.Context) (work.Speed, error) {
	type result struct {
		speed work.Speed
		err   error
	}
	measured := make(chan result, 1)
	go func() {
		// Never unlocked: the thread ends with the goroutine, and its affinity with it.
		runtime.LockOSThread()
		var mask unix.CPUSet
		mask.Set(l.place.Server[0])
		if err := unix.SchedSetaffinity(0, &mask); err != nil {
			measured <- result{err: fmt.Errorf("lab: calibrate on CPU %d: %w", l.place.Server[0], err)}
			return
		}
		s, err := work.Calibrate(ctx)
		measured <- result{s, err}
	}()
	r := <-measured
	return r.speed, r.err
}

package lab

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// A plan is a run that is about to be made.
type plan struct {
	stages  []model.Stage
	seed    uint64
	preopen int
	stop    stopRule
	route   string // the only one to request; "": all
	// each is called with every sample of the engine; returning true ends the run.
	each func(engineStats) bool
}

// length is that of the schedule.
func (p *plan) length() time.Duration {
	var d time.Duration
	for _, s := range p.stages {
		d += s.For
	}
	return d
}

// A drained run has sent all that it was to send, and its last requests are still
// waited for. Meanwhile another engine's run may begin: its lead-in, in which
// nothing is measured, is at least as long as an answer can count.
type drained struct {
	*flow
	c      *contestant
	t      *target
	finish func(record.Head, *run) error
}

// drive runs a plan against a contestant's server and has finish sum up what was
// seen, if all is well, and perhaps only when the next run has begun or settle is
// called.
func (l *lab) drive(ctx context.Context, c *contestant, t *target, p plan, finish func(record.Head, *run) error) error {
	f, err := l.begin(ctx, t, p)
	if err != nil {
		return err
	}
	if l.draining != nil {
		before := l.draining.t
		if err := l.settle(ctx); err != nil {
			f.abandon()
			return err
		}
		if before.stale {
			// It looked calm and was not: its server is in the way of this one's.
			f.abandon()
			if err := l.fresh(ctx); err != nil {
				return err
			}
			if f, err = l.begin(ctx, t, p); err != nil {
				return err
			}
		}
	}
	calm, err := f.offered(ctx)
	if err != nil {
		f.abandon()
		return err
	}
	l.draining = &drained{f, c, t, finish}
	if calm && len(l.contestants) > 1 && !l.shared() {
		return nil
	}
	return l.settle(ctx)
}

// settle waits for the last answers of a run that was left draining, and sums it
// up.
func (l *lab) settle(ctx context.Context) error {
	d := l.draining
	if d == nil {
		return nil
	}
	l.draining = nil
	if err := d.rest(ctx); err != nil {
		return err
	}
	// Not when the generator was started: it opens thousands of connections first.
	return d.finish(record.Head{T: d.run.done.Clock - l.origin}, &d.run)
}

// settled makes sure that all of a contestant's trials are summed up.
func (l *lab) settled(ctx context.Context, c *contestant) error {
	if l.draining == nil || l.draining.c != c {
		return nil
	}
	return l.settle(ctx)
}

// A flow is a run under way.
type flow struct {
	run       run
	generator *process
	sampler   *sampler
	enough    chan struct{} // asks the generator to end
	ended     chan struct{} // closed with the flow
}

// begin starts generator and sampler.
func (l *lab) begin(ctx context.Context, t *target, p plan) (*flow, error) {
	for _, u := range l.ups {
		var s upstreamStats
		if err := u.ask("reset", &s); err != nil {
			return nil, err
		}
	}
	generator, err := start(roleLoad, place{cpus: l.place.Load, procs: 2}, loadSpec{
		Target: "http://" + t.address, Routes: l.routes(p.route), Arrivals: l.workload.Arrivals, Stages: p.stages, Seed: p.seed,
		Timeout: l.workload.Timeout, Within: l.workload.SLO.Within, InFlight: l.workload.InFlight,
		Preopen: p.preopen, Nice: l.loadNice, Stop: p.stop, Length: p.length(),
	})
	if err != nil {
		return nil, err
	}
	if l.LoadStarted != nil {
		l.LoadStarted(generator.cmd.Process.Pid)
	}
	f := &flow{generator: generator, enough: make(chan struct{}, 1), ended: make(chan struct{})}
	f.run.origin, f.run.shared, f.run.routes = l.origin, l.shared(), l.routes(p.route)
	go func() { // the end of its standard input ends the generator's run
		select {
		case <-ctx.Done():
		case <-f.enough:
		case <-f.ended:
			return
		}
		generator.in.Close()
	}()
	f.sampler = startSampler(t, l.ups, l.place.Server, func(e engineStats) {
		if p.each != nil && p.each(e) {
			select {
			case f.enough <- struct{}{}:
			default:
			}
		}
	})
	return f, nil
}

// offered waits until the last request was sent, and ends the sampling. calm says
// that the requests still in flight are no more than there should be.
func (f *flow) offered(ctx context.Context) (calm bool, err error) {
	for f.run.done == nil && !calm && err == nil {
		var o *loadOffered
		if o, err = f.hear(); o != nil {
			calm = o.Calm
			if !calm {
				break
			}
		}
	}
	var serr error
	f.run.samples, serr = f.sampler.finish()
	f.sampler = nil
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	return calm, errors.Join(serr, err)
}

// rest reads what the generator has still to say, and ends it.
func (f *flow) rest(ctx context.Context) error {
	defer f.abandon()
	for f.run.done == nil {
		if _, err := f.hear(); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return err
		}
	}
	_, err := io.Copy(io.Discard, f.generator.out) // it exits
	return err
}

// hear reads one line of the generator's.
func (f *flow) hear() (*loadOffered, error) {
	var line loadLine
	if err := f.generator.hear(&line); err != nil {
		return nil, err
	}
	switch {
	case line.Second != nil:
		f.run.seconds = append(f.run.seconds, *line.Second)
	case line.Hist != nil:
		f.run.hists = append(f.run.hists, *line.Hist)
	case line.Done != nil:
		f.run.done = line.Done
	}
	return line.Offered, nil
}

// abandon ends what of the flow is left.
func (f *flow) abandon() {
	if f.sampler != nil {
		_, _ = f.sampler.finish()
		f.sampler = nil
	}
	close(f.ended)
	f.generator.stop(time.Second)
}

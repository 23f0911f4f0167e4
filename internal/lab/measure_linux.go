package lab

import (
	"context"
	"fmt"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/host"
	"github.com/plimsoll-dev/plimsoll/internal/search"
	"github.com/plimsoll-dev/plimsoll/record"
)

// measure takes every engine through warm-up, the rates that the workload
// names, search, overload and confirmation. In each the engines take turns, so
// that a slow minute of the machine hits all of them.
func (l *lab) measure(ctx context.Context) error {
	if l.workload.NoSearch {
		return l.measureRates(ctx)
	}
	for _, c := range l.contestants {
		if err := l.warmUp(ctx, c); err != nil {
			return err
		}
	}
	if err := l.measureRates(ctx); err != nil {
		return err
	}
	if err := l.inTurns(func(c *contestant) (bool, error) { return l.search(ctx, c) }); err != nil {
		return err
	}
	if l.searchOnly {
		return l.settle(ctx)
	}
	for _, c := range l.contestants {
		if err := l.pastLine(ctx, c); err != nil {
			return err
		}
		// Its memory and threads are of no more use, and its backlog in the way.
		c.target.process.kill()
		c.target.stale = false
	}
	return l.inTurns(func(c *contestant) (bool, error) { return l.confirm(ctx, c) })
}

// inTurns calls step for one contestant after the other until each is done.
func (l *lab) inTurns(step func(c *contestant) (done bool, err error)) error {
	done := map[*contestant]bool{}
	for len(done) < len(l.contestants) {
		for _, c := range l.contestants {
			if done[c] {
				continue
			}
			ended, err := step(c)
			if err != nil {
				return err
			}
			if ended {
				done[c] = true
			}
		}
	}
	return nil
}

// search makes the next trial of a contestant's search.
func (l *lab) search(ctx context.Context, c *contestant) (done bool, err error) {
	if err := l.settled(ctx, c); err != nil {
		return false, err
	}
	d := search.Next(l.goal(c), analysis.History(c.Trials, record.PurposeSearch))
	if d.Done {
		return true, nil
	}
	if err := l.fresh(ctx); err != nil {
		return false, err
	}
	l.say(c.Name, "searching: %s requests/s", analysis.Rate(d.Rate))
	return false, l.try(ctx, c, c.target, &record.Trial{Purpose: record.PurposeSearch, Rate: d.Rate})
}

func (l *lab) goal(c *contestant) search.Goal {
	guess := l.guess(c)
	g := search.Goal{Guess: guess, Precision: l.precision(guess), Trials: 5}
	if l.Quick {
		g.Trials, g.Once = 4, true
	}
	g.Trials += c.reopened * (1 + otherLine)
	return g
}

// guess is where the line is expected: at what the service answered where it
// broke, or else where what the last trial used of each limit says; before there
// is one, Little's law on the workload.
func (l *lab) guess(c *contestant) float64 {
	if t := analysis.LowestFailed(c.Trials); t != nil && t.Server.Responses > 0 && t.Seconds > 0 {
		return float64(t.Server.Responses) / t.Seconds
	}
	if g, _ := analysis.Capacity(analysis.Reference(c.Trials), c.Config, l.workload, analysis.Variant{}); g > 0 {
		return g
	}
	return analysis.FirstGuess(c.Config, l.workload, len(l.place.Server))
}

// fresh makes sure that no server has anything left to do from the trials
// before, its own or another's: they share the CPU. It waits, or starts another
// server.
func (l *lab) fresh(ctx context.Context) error {
	for _, c := range l.contestants {
		if c.target.stale {
			if err := l.refresh(ctx, c); err != nil {
				return err
			}
		}
		if r := &c.raised; r.target != nil && r.target.stale {
			idle, err := r.target.idle(ctx, settling)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil || !idle {
				r.target.process.kill()
				r.target = nil
				continue
			}
			r.target.stale = false
		}
	}
	return nil
}

// settling is how long a server may go on working after a trial that broke it
// before another takes its place, which takes as long.
const settling = 500 * time.Millisecond

func (l *lab) refresh(ctx context.Context, c *contestant) error {
	idle, err := c.target.idle(ctx, settling)
	if err == nil && idle || ctx.Err() != nil {
		c.target.stale = false
		return ctx.Err()
	}
	if err != nil {
		// It died of the overload: that is a finding, and the search goes on below.
		if werr := l.write(&record.Warning{Head: l.now(), Engine: c.Name, Code: "server-died", Text: err.Error()}); werr != nil {
			return werr
		}
	}
	c.target.process.kill()
	t, err := l.startTarget(c.Config, analysis.Variant{})
	if err != nil {
		return err
	}
	c.target = t
	return nil
}

// raised is the server of a confirmation, with one limit changed.
type raised struct {
	variant analysis.Variant
	target  *target
}

func (r *raised) stop() {
	if r.target != nil {
		r.target.stop()
		r.target = nil
	}
}

// confirmTrials bounds how much is tried of one variant.
const confirmTrials = 3

// confirm makes the next trial that confirms, or refutes, a contestant's wall.
func (l *lab) confirm(ctx context.Context, c *contestant) (done bool, err error) {
	r := &c.raised
	if err := l.settled(ctx, c); err != nil {
		return false, err
	}
	n := analysis.Confirm(c.Trials, c.Config, l.workload, confirmTrials)
	if n.Done {
		r.stop()
		return true, nil
	}
	if err := l.fresh(ctx); err != nil {
		return false, err
	}
	if r.target == nil || r.variant != n.Variant {
		r.stop()
		if r.target, err = l.startTarget(c.Config, n.Variant); err != nil {
			return false, err
		}
		r.variant = n.Variant
	}
	l.say(c.Name, "confirming its wall %s: %s requests/s", n.Variant.Moved(), analysis.Rate(n.Rate))
	return false, l.try(ctx, c, r.target, &record.Trial{Purpose: record.PurposeConfirm, Variant: n.Variant.String(), Rate: n.Rate})
}

// resident adds what the system says of the server's process.
func (l *lab) resident(t *target, row *record.Trial) error {
	p, err := host.Sample(t.process.cmd.Process.Pid)
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	row.Server.RSS, row.Server.RSSIdle, row.Server.Threads = p.RSS, t.idleRSS, p.Threads
	return nil
}

package plan

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// alone is the rate of an instance at which hardly any request meets another, as
// a share of what one is expected to carry.
const alone = 0.01

// why says why no size holds: requests take too long although they wait for
// nothing of ours, or something that is not ours to choose is used up.
func (p *planner) why(ctx context.Context, a asked, seeds int) (*None, error) {
	lone := p.roomy(a, 1)
	lone.Burst, lone.Long = 0, true
	lone.Rate = alone * analysis.FirstGuess(lone.Engine, lone.workload(p.workload, 1), p.CPUs)
	t, err := p.trier.Try(ctx, lone)
	if err != nil {
		return nil, err
	}
	slo := p.workload.SLO
	if t.Outcome != record.Passed {
		within := float64(t.Load.Within) / float64(max(1, t.Load.Arrivals))
		return &None{Kind: model.WallUpstream, Text: fmt.Sprintf(
			"requests that meet no other take too long already: %s are answered within %s, %s are asked for, and what they wait for is in the document's latencies, not in any size; allow more time, a smaller share, or make it faster",
			share(floored(within)), rounded(slo.Within), share(slo.Ratio))}, nil
	}
	d, err := p.failing(ctx, p.roomy(a, p.MaxInstances), seeds, true)
	if err != nil {
		return nil, err
	}
	if text := analysis.Deadlocked(d.trial); text != "" {
		return &None{Kind: model.WallUnknown, Text: "it comes to a standstill for good: " + text}, nil
	}
	none := &None{Kind: model.WallUnknown}
	var l *analysis.Limit
	if a.burst > 0 {
		l = p.waitedFor(d)
	} else if l, err = p.blamed(ctx, d.Candidate, d.trial); err != nil {
		return nil, err
	}
	if l != nil {
		none.Kind, none.Name = l.Kind, l.Name
	}
	none.Text = p.inTheWay(none, d)
	return none, nil
}

// waitedFor is the limit that most requests waited for, nil if none did: a burst
// that is too large uses nothing up, but for a short time.
func (p *planner) waitedFor(d decided) *analysis.Limit {
	one := d.workload(p.workload, 1)
	limits := analysis.LimitsOf(d.trial, d.Engine, one)
	most := slices.MaxFunc(limits, func(a, b analysis.Limit) int { return cmp.Compare(a.Waiting, b.Waiting) })
	if most.Kind == model.WallCPU {
		if i := slices.IndexFunc(limits, func(l analysis.Limit) bool { return l.Kind == model.WallLoop }); i >= 0 {
			// A loop that is stalled has the CPU, and does not use it, unless it computes;
			// then it is the loop that is in the way only if there are more CPUs than loops.
			if r := workload.Demand(one).Request; r.Call+r.Block > r.CPU || p.CPUs > int(limits[i].Size) {
				most = limits[i]
			}
			return &most
		}
	}
	if most.Waiting == 0 {
		return nil
	}
	return &most
}

// moved is by how much more is answered where what is raised was in the way.
const moved = 1.05

// blamed is the first limit that a failed trial reached, nil if it reached none. A
// resource is one only if more of it is answered with no end of its slots: it is
// full, too, where those that have them wait for something else.
func (p *planner) blamed(ctx context.Context, c Candidate, failed *record.Trial) (*analysis.Limit, error) {
	var full *analysis.Limit
	for _, l := range analysis.LimitsOf(failed, c.Engine, c.workload(p.workload, 1)) {
		if !l.Saturated {
			continue
		}
		i := slices.IndexFunc(p.workload.Resources, func(r model.Resource) bool { return r.Name == l.Name && !r.Monitor })
		if l.Kind != model.WallResource || i < 0 {
			return &l, nil
		}
		t, err := p.trier.Try(ctx, c.with(func(c *Candidate) { c.Sizes[i] = mostSlots }))
		if err != nil {
			return nil, err
		}
		if t.Outcome == record.Passed || answered(t) > moved*answered(failed) {
			return &l, nil
		}
		if full == nil {
			full = &l
		}
	}
	return full, nil
}

// answered is how many an instance answers a second.
func answered(t *record.Trial) float64 { return float64(t.Server.Responses) / max(t.Seconds, 1e-9) }

// fewResponses are so few, of one instance, that those of all are not known from
// them: a trial's are the mean of its instances, in whole responses.
const fewResponses = 20

// nearlyAll is the share of all requests from which on it is not answers that are
// missing, but that they come in time.
const nearlyAll = 0.95

// inTheWay says what the instances that there may be lack.
func (p *planner) inTheWay(n *None, d decided) string {
	carry, cpus, unknown := p.carried(d), "their CPUs are used up", ", and no limit shows that is reached"
	if d.Burst > 0 {
		cpus, unknown = "the others wait for their CPUs", ", and nothing shows that the others wait for"
	}
	switch n.Kind {
	case model.WallCPU:
		return fmt.Sprintf("%s: %s; allow more with --max-instances, or larger ones with --cpus", carry, cpus)
	case model.WallResource:
		r := p.workload.Resource(n.Name)
		if r != nil && r.Monitor {
			return fmt.Sprintf("%s: the monitor %s lets one request in at a time, in each instance, and no size changes that; hold it for less time, or allow more instances with --max-instances", carry, n.Name)
		}
		return fmt.Sprintf("%s: %s taken, which is not ours to choose", carry, all(r.Size, n.Name))
	case model.WallLoop:
		return fmt.Sprintf("%s: %s keeps their loops from all else; await it, or give it to a worker (hybrid)", carry, orLong(n.Name))
	case model.WallUnknown:
		return carry + unknown
	}
	return fmt.Sprintf("%s: more than they may have of %s is taken; allow more with --max-instances", carry, orKind(n))
}

// carried says how much of what is asked so many instances do.
func (p *planner) carried(d decided) string {
	many, rate := counted(d.Instances, "instance"), analysis.Rate(p.Rate)
	switch t := d.trial; {
	case d.Burst > 0:
		within := float64(t.Load.Within) / float64(max(1, t.Load.Arrivals))
		return fmt.Sprintf("of what comes in the %s after %s requests at once, beside %s/s, %s would answer %s in time",
			rounded(time.Duration(t.Seconds*float64(time.Second))), analysis.Grouped(float64(d.Burst)), rate, many, share(floored(within)))
	case t.Server.Responses >= fewResponses && answered(t)*float64(d.Instances) < nearlyAll*p.Rate:
		return fmt.Sprintf("%s would answer some %s of the %s requests/s", many, analysis.Rate(answered(t)*float64(d.Instances)), rate)
	case t.Server.Responses >= fewResponses && atRate(t, 1).ErrorRatio > p.workload.SLO.Errors:
		return fmt.Sprintf("%s would fail %s of the %s requests/s", many, share(1-floored(1-atRate(t, 1).ErrorRatio)), rate)
	case t.Server.Responses >= fewResponses:
		return fmt.Sprintf("%s would answer the %s requests/s, but too few in time", many, rate)
	}
	return fmt.Sprintf("%s would not answer all of the %s requests/s", many, rate)
}

func all(n int, of string) string {
	if n == 1 {
		return "the only one of " + of + " is"
	}
	return fmt.Sprintf("all %d of %s are", n, of)
}

func orLong(step string) string {
	if step == "" {
		return "what takes long"
	}
	return step
}

func orKind(n *None) string {
	if n.Name != "" {
		return n.Name
	}
	return string(n.Kind)
}

func plural(n int, what string) string {
	if n == 1 {
		return what
	}
	return what + "s"
}

// floored rounds a ratio down, so that what misses has two figures: a trial tells no more.
func floored(x float64) float64 {
	missed := 1 - x
	if missed <= 0 {
		return x
	}
	scale := math.Pow(10, math.Floor(math.Log10(missed))-1)
	return 1 - math.Ceil(missed/scale-1e-9)*scale
}

// share prints a ratio in per cent, not rounded up to what it misses.
func share(x float64) string { return fmt.Sprintf("%.4g %%", 100*x) }

package plan

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// A Rule is a rule of thumb beside what the plan says: its figure for this
// workload, and what becomes of the service if it is believed.
type Rule struct {
	Rule    string  `json:"rule"` // "goetz", "little" or "hikaricp"
	Title   string  `json:"title"`
	Engine  string  `json:"engine"`
	Size    string  `json:"size"` // of what
	Formula string  `json:"formula"`
	Figure  int     `json:"figure"`  // for each instance
	Planned int     `json:"planned"` // likewise
	Holds   bool    `json:"holds"`
	At      *AtRate `json:"at_rate"` // with the figure, while the other sizes are no limit
	Says    string  `json:"says"`    // where it misleads here
}

// rules hold the rules of thumb against the first engine whose sizes they are
// about.
func (p *planner) rules(ctx context.Context, engines []Engine) ([]Rule, error) {
	rules := []Rule{}
	d := workload.Demand(p.workload).Request
	seen := map[string]bool{}
	for i := range engines {
		s := engines[i].sizing
		if s == nil {
			continue
		}
		for k := range s.knobs {
			for _, r := range p.rulesOf(&s.knobs[k], s.candidate, d) {
				if name := r.Rule + " " + r.Size; seen[name] {
					continue
				} else {
					seen[name] = true
				}
				if err := p.believe(ctx, &r, s, &s.knobs[k]); err != nil {
					return rules, err
				}
				rules = append(rules, r)
			}
		}
	}
	return rules, nil
}

// rulesOf are the rules about a size, with their figures.
//
// Goetz, "Java Concurrency in Practice", 2006, 8.2: threads = cores × utilisation
// × (1 + W/C). Little, "A proof for the queuing formula L = λW", 1961. HikariCP,
// "About Pool Sizing" (wiki): connections = 2 × cores + effective spindles, of the
// database.
func (p *planner) rulesOf(k *knob, c Candidate, d workload.Work) (rules []Rule) {
	rate := p.Rate / float64(c.Instances)
	little := func(what string, kept time.Duration) Rule {
		return Rule{Rule: "little", Title: "Little: L = λW", Figure: int(math.Ceil(rate * kept.Seconds())), Formula: fmt.Sprintf("%s/s × %s, the mean time that %s is kept", analysis.Rate(rate), rounded(kept), what)}
	}
	switch {
	case k.option == "max" && c.Engine.Engine == "thread":
		rules = append(rules, little("a thread", d.Residence))
		if wait := d.Await + d.Call + d.Block; d.CPU > 0 {
			rules = append(rules, Rule{Rule: "goetz", Title: "Goetz: cores × (1 + W/C)", Figure: int(math.Ceil(float64(p.CPUs) * (1 + wait.Seconds()/d.CPU.Seconds()))),
				Formula: fmt.Sprintf("%d × (1 + %s / %s)", p.CPUs, rounded(wait), rounded(d.CPU))})
		}
	case k.option == "":
		name := p.workload.Resources[k.resource].Name
		rules = append(rules, little("one", d.Holding[name]), Rule{Rule: "hikaricp", Title: "HikariCP: 2 × cores + spindles", Figure: 2*p.CPUs + 1,
			Formula: fmt.Sprintf("2 × %d + 1, if what is behind it has as many cores as an instance", p.CPUs)})
	}
	for i := range rules {
		rules[i].Size, rules[i].Engine, rules[i].Planned = k.name, c.Engine.Engine, k.of(&c)
	}
	return rules
}

// believe tries what a rule says, with all other sizes no limit.
func (p *planner) believe(ctx context.Context, r *Rule, s *sizing, k *knob) error {
	c := s.candidate.with(func(c *Candidate) {
		for i := range s.knobs {
			s.knobs[i].set(c, s.knobs[i].high)
		}
		k.set(c, min(max(r.Figure, k.low), k.high))
		c.Long = true
	})
	t, err := p.trier.Try(ctx, c)
	if err != nil {
		return err
	}
	r.At, r.Holds = atRate(t, c.Instances), t.Outcome == record.Passed
	r.Says = misleads(r)
	if r.Figure > k.high {
		r.Says = fmt.Sprintf("is more than the %s that an instance may have; with those it %s", analysis.Grouped(float64(k.high)), r.Says)
	}
	return nil
}

// misleads says what is wrong with a figure, if something is.
func misleads(r *Rule) string {
	ratio := float64(r.Figure) / float64(r.Planned)
	switch {
	case r.Holds && ratio <= 1.15:
		return "holds, and is not more than is needed"
	case r.Rule == "goetz" && r.Holds:
		return fmt.Sprintf("holds, and asks for %s times as many as are needed: it is what keeps the CPUs busy, whatever the rate", analysis.Grouped(figures(ratio)))
	case r.Holds:
		return fmt.Sprintf("holds, and asks for %s times as many as are needed", analysis.Grouped(figures(ratio)))
	case r.Rule == "little":
		return "is the mean, and leaves no room for chance: requests wait whenever more than that come at once"
	case r.Rule == "hikaricp":
		return "is what a database of that size works on at once; a connection that waits for its answer is none of that work"
	}
	return "counts on requests that are all alike, and on CPUs that do nothing else"
}

func figures(x float64) float64 {
	if x >= 10 {
		return math.Round(x)
	}
	return math.Round(x*10) / 10
}

// rounded prints a time to two or three figures.
func rounded(d time.Duration) string {
	for _, unit := range []time.Duration{time.Second, time.Millisecond, time.Microsecond} {
		if d >= unit {
			return fmt.Sprintf("%.3g %s", float64(d)/float64(unit), map[time.Duration]string{time.Second: "s", time.Millisecond: "ms", time.Microsecond: "µs"}[unit])
		}
	}
	return d.String()
}

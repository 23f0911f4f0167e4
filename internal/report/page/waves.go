package page

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"

	"github.com/plimsoll-dev/plimsoll/internal/report"
	"github.com/plimsoll-dev/plimsoll/probe"
)

// deciding is the wave that shows the wall best: the largest.
func (c *probed) deciding() *probe.Observation {
	var best *probe.Observation
	for _, o := range c.wavesMade() {
		if best == nil || o.Count > best.Count {
			best = o
		}
	}
	return best
}

// waves is how the requests of one wave were answered: the steps of a pool, the
// slope of a processor, the flat line of no wall.
func (c *probed) waves() (*section, error) {
	o := c.deciding()
	if o == nil {
		return nil, nil
	}
	f := figure{ID: "waves", Title: fmt.Sprintf("%d requests at once", o.Count),
		Text: "Each point is one request of this wave, the quickest first. " + c.shape()}
	heavy, _ := o.Replies()
	slices.SortStableFunc(heavy, func(a, b probe.Reply) int {
		return cmp.Or(cmp.Compare(rankOf(a.Outcome), rankOf(b.Outcome)), cmp.Compare(a.Took, b.Took))
	})
	f.Charts = wideAndNarrow(func(class string, width float64, _ bool) template.HTML { return c.drawWave(class, width, o, heavy) })
	f.Notes = c.waveNotes(heavy)
	f.Tables = []table{c.rounds(o, heavy)}
	return f.section("The wave")
}

// rankOf puts those that were answered first.
func rankOf(o probe.Outcome) int {
	switch o {
	case probe.Answered:
		return 0
	case probe.Late:
		return 1
	case probe.TurnedAway:
		return 2
	}
	return 3
}

// shape says what to look for.
func (c *probed) shape() string {
	lines := "Level lines are whole service times, as one request takes alone"
	n := c.limit()
	switch c.verdict.Wall.Kind {
	case probe.SharedPool, probe.PrivatePool, probe.ConnectionCap:
		return fmt.Sprintf("%s; upright ones every %d. A pool of %d answers %d of them in one service time, the next %d in the second, and so on: steps with their edges where the lines cross.", lines, n, n, n, n)
	case probe.Serial:
		return lines + ". A blocked loop answers one after the other, or a batch at its end; several do that side by side."
	case probe.Shedding:
		return fmt.Sprintf("%s; the upright one is at %d. What the service takes is on time; the rest is turned away.", lines, n)
	case probe.CPU:
		return lines + ". Where processors are shared no request is on time: all slow each other down alike, and no step is seen."
	case probe.RateLimit:
		return lines + ". A limit by time lets requests in at a pace, or turns away what exceeds it, however long each takes."
	case probe.None:
		return lines + ". Where nothing stops them, all are answered in one."
	}
	return lines + "."
}

func (c *probed) waveNotes(heavy []probe.Reply) []string {
	n := map[probe.Outcome]int{}
	for _, r := range heavy {
		n[r.Outcome]++
	}
	said := []string{"Blue and filled: answered in about one service time. Grey and hollow: later."}
	var crosses []string
	if n := n[probe.TurnedAway]; n > 0 {
		crosses = append(crosses, fmt.Sprintf("%d turned away", n))
	}
	if n := n[probe.Unanswered]; n > 0 {
		crosses = append(crosses, fmt.Sprintf("%d without an answer in the time given", n))
	}
	if len(crosses) > 0 {
		said[0] += " Crosses: " + join(crosses...) + "."
	}
	if n[probe.Late] > 0 {
		said = append(said, fmt.Sprintf("Of %d the connection took a second or more to open; they are hollow too, and say nothing of the service.", n[probe.Late]))
	}
	return said
}

// onTime is how many service times a request may take at most that did not wait.
const onTime = 1.5

func (c *probed) drawWave(class string, width float64, o *probe.Observation, heavy []probe.Reply) template.HTML {
	const height = 300
	d := &drawing{width: width, height: height}
	alone, most, n := c.verdict.Service.MeanMS, 0.0, float64(c.limit())
	for _, r := range heavy {
		most = max(most, inMillis(r.Took))
	}
	x := axis{low: 0, high: float64(len(heavy)) + 1, from: 58, to: width - 12}
	y := axis{high: max(most, alone) * 1.08, from: height - 42, to: 26}
	p := plot{x: scale{title: "requests, the quickest first", format: whole}, y: scale{title: "time to answer", format: report.Millis}}
	if alone > 0 {
		pace := alone * roundUp(max(1, y.high/alone/7))
		for v := 0.0; v <= y.high; v += pace {
			p.y.ticks = append(p.y.ticks, v)
		}
	}
	if rounds := x.high / max(n, 1); n > 0 && rounds > 1 && rounds <= 12 {
		for v := n; v < x.high; v += n {
			p.x.ticks = append(p.x.ticks, v)
			if n > 1 {
				d.line("level", x.at(v+0.5), y.from, x.at(v+0.5), y.to)
			}
		}
	}
	p.frame(d, x, y, 4)
	r := min(4.2, max(1.4, 0.4*(x.to-x.from)/x.high))
	for i, reply := range heavy {
		at, kind, colour := xy{x.at(float64(i + 1)), y.at(inMillis(reply.Took))}, hollow, "o-open"
		switch {
		case reply.Outcome == probe.TurnedAway || reply.Outcome == probe.Unanswered:
			kind, colour = crossed, "c1"
		case reply.Outcome == probe.Answered && inMillis(reply.Took) < onTime*alone:
			kind, colour = filled, "c0"
		}
		d.dot(colour, kind, at, r)
	}
	return d.done(class, fmt.Sprintf("The times that %d requests took which were sent at once, the quickest first; the table below has them by service times", o.Count))
}

func whole(v float64) string { return fmt.Sprintf("%.0f", v) }

// rounds counts what was answered in each service time.
func (c *probed) rounds(o *probe.Observation, heavy []probe.Reply) table {
	t := table{Caption: fmt.Sprintf("Experiment %d: %d requests at once, by how many service times of %s they took", o.ID, o.Count, report.Millis(c.verdict.Service.MeanMS)), Text: 2,
		Head: []string{"service times", "what became of them", "requests", "the quickest", "the slowest"}}
	type group struct {
		outcome probe.Outcome
		rounds  float64
	}
	var last group
	var of []probe.Reply
	flush := func() {
		if len(of) == 0 {
			return
		}
		rounds := "–"
		if last.outcome == probe.Answered {
			rounds = whole(last.rounds)
		}
		t.Rows = append(t.Rows, []string{rounds, string(last.outcome), fmt.Sprint(len(of)), took(of[0].Took), took(of[len(of)-1].Took)})
		of = nil
	}
	for _, r := range heavy {
		g := group{outcome: r.Outcome}
		if alone := c.verdict.Service.MeanMS; r.Outcome == probe.Answered && alone > 0 {
			g.rounds = max(1, math.Round(inMillis(r.Took)/alone))
		}
		if g != last {
			flush()
		}
		last, of = g, append(of, r)
	}
	flush()
	return t
}

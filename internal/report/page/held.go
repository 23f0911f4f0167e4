package page

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"

	"github.com/plimsoll-dev/plimsoll/internal/report"
	"github.com/plimsoll-dev/plimsoll/probe"
)

// holding is the wave beside which canaries tell most: of those that fill the
// wall the one with a canary on a kept connection, and the smallest; without a
// wall, the largest.
func (c *probed) holding() *probe.Observation {
	told := map[int]bool{}
	for _, s := range c.history.Sightings() {
		told[s.Experiment] = true
	}
	var best *probe.Observation
	n := c.limit()
	better := func(a, b *probe.Observation) bool {
		switch {
		case n == 0:
			return a.Count > b.Count
		case (a.Count >= n) != (b.Count >= n):
			return a.Count >= n
		case a.Count < n:
			return a.Count > b.Count
		case a.Experiment.Kept != b.Experiment.Kept:
			return a.Experiment.Kept
		}
		return a.Count < b.Count
	}
	for _, o := range c.wavesMade() {
		if told[o.ID] && (best == nil || better(o, best)) {
			best = o
		}
	}
	return best
}

// held is when each request of a wave was there, with the canaries meanwhile.
func (c *probed) held() (*section, error) {
	o := c.holding()
	if o == nil {
		return nil, nil
	}
	heavy, canaries := o.Replies()
	// What a kept connection carried before the wave is no canary beside it.
	canaries = slices.DeleteFunc(canaries, func(r probe.Reply) bool { return r.At < 0 })
	slices.SortStableFunc(heavy, func(a, b probe.Reply) int { return cmp.Compare(a.At+a.Took, b.At+b.Took) })
	f := figure{ID: "held", Title: "Who gets in meanwhile",
		Text: fmt.Sprintf("Above, the canaries: from when each was sent to when it was answered. Below, the %d slow requests that the service had meanwhile. A canary whose line ends past the broken one waited for a slow request; a short one got past them.", o.Count)}
	f.Charts = wideAndNarrow(func(class string, width float64, _ bool) template.HTML {
		return c.drawHeld(class, width, heavy, canaries)
	})
	t := table{Caption: fmt.Sprintf("Experiment %d: the canaries beside %d slow requests", o.ID, o.Count), Text: 2, Head: []string{"canary", "became", "sent at", "took"}}
	for i, r := range canaries {
		t.Rows = append(t.Rows, []string{fmt.Sprintf("%d, %s", i+1, connection(r.Kept)), joined(" ", string(r.Outcome), r.Status), took(r.At), took(r.Took)})
	}
	f.Tables = []table{t}
	return f.section("Held")
}

func connection(kept bool) string {
	if kept {
		return "on a kept connection"
	}
	return "on a fresh connection"
}

// canaryColour tells connections: fresh ones, and those from before.
func canaryColour(kept bool) int {
	if kept {
		return 3
	}
	return 2
}

func (c *probed) drawHeld(class string, width float64, heavy, canaries []probe.Reply) template.HTML {
	const row, top, gap = 17.0, 22.0, 26.0
	tall := min(190, max(34, 9*float64(len(heavy))))
	from := top + row*float64(len(canaries)) + gap
	d := &drawing{width: width, height: from + tall + 40}
	end, first := 0.0, 0.0
	for _, r := range slices.Concat(heavy, canaries) {
		end = max(end, inMillis(r.At+r.Took))
	}
	for _, r := range heavy {
		if r.Outcome == probe.Answered {
			first = inMillis(r.At + r.Took)
			break
		}
	}
	x := axis{high: end * 1.02, from: 46, to: width - 62}
	for _, v := range x.ticks(int((x.to - x.from) / 70)) {
		d.line("grid", x.at(v), top-6, x.at(v), from+tall+6)
		d.tick(x.at(v), from+tall+19, report.Millis(v))
	}
	d.text("axis", "middle", (x.from+x.to)/2, from+tall+35, "time since the first slow request was sent")
	d.text("note", "start", 2, 12, "canaries")
	d.text("note halo", "start", 2, from-7, fmt.Sprintf("%d slow requests", len(heavy)))
	for i, r := range canaries {
		y, colour := top+row*float64(i)+row/2, colour(canaryColour(r.Kept))
		name := "fresh"
		if r.Kept {
			name = "kept"
		}
		d.text("letter "+colour, "start", 2, y+4, name)
		d.line("span "+colour, x.at(inMillis(r.At)), y, x.at(inMillis(r.At+r.Took)), y)
		kind := filled
		if r.Outcome != probe.Answered {
			kind = crossed
		}
		d.mark(canaryColour(r.Kept), kind, xy{x.at(inMillis(r.At + r.Took)), y}, "")
		d.text("value", "end", d.width-2, y+4, took(r.Took))
	}
	high := tall / float64(len(heavy))
	for i, r := range heavy {
		class := "bar c0"
		if r.Outcome != probe.Answered {
			class = "doubt c0"
		}
		d.rect(class, x.at(inMillis(r.At)), from+high*float64(i), max(1, x.at(inMillis(r.At+r.Took))-x.at(inMillis(r.At))), max(0.5, high-min(2, 0.3*high)), "")
	}
	if first > 0 {
		d.line("limit broken", x.at(first), top-6, x.at(first), from+tall+2)
		anchor, at := "middle", x.at(first)
		if text := textWidth("first answer") / 2; at+text > d.width {
			anchor, at = "end", d.width-2
		}
		d.text("note halo", anchor, at, 12, "first answer")
	}
	return d.done(class, fmt.Sprintf("When each of %d slow requests and of %d canaries was sent and answered; the table below has the canaries", len(heavy), len(canaries)))
}

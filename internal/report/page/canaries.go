package page

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/report"
	"github.com/plimsoll-dev/plimsoll/probe"
)

// canaries is how long canaries took, by how many slow requests were held.
func (c *probed) canaries() (*section, error) {
	seen := c.history.Sightings()
	if len(seen) == 0 {
		return nil, nil
	}
	f := figure{ID: "canaries", Title: "When a canary waits",
		Text: "Each point is one canary beside so many held requests, in all experiments. Filled: it waited until one of them had been answered. Hollow: it did not. What every route shares makes canaries wait from its size on; what belongs to the slow route alone never does."}
	f.Charts = wideAndNarrow(func(class string, width float64, _ bool) template.HTML { return c.drawCanaries(class, width, seen) })
	for _, kept := range []bool{false, true} {
		if slices.ContainsFunc(seen, func(s probe.Sighting) bool { return s.Kept == kept }) {
			i := canaryColour(kept)
			f.Key = append(f.Key, keyed{Badge: Badge{Colour: colour(i), Letter: map[int]string{2: "▲", 3: "◆"}[i], Name: connection(kept)}})
		}
	}
	f.Tables = []table{sightings(seen)}
	return f.section("Canaries")
}

func (c *probed) drawCanaries(class string, width float64, seen []probe.Sighting) template.HTML {
	d := &drawing{width: width, height: 290}
	p := plot{x: scale{title: "slow requests held", format: whole}, y: scale{title: "time to answer a canary", log: true, format: report.Millis}}
	most := 0
	var times []float64
	for _, s := range seen {
		most, times = max(most, s.Held), append(times, inMillis(s.Took))
	}
	if ms := c.verdict.Service.CanaryMS; ms != nil {
		p.levels, times = append(p.levels, level{*ms, "a canary alone"}), append(times, *ms)
	}
	if ms := c.verdict.Service.MeanMS; ms > 0 {
		p.levels, times = append(p.levels, level{ms, "a slow request alone"}), append(times, ms)
	}
	n := float64(c.limit())
	x := axis{low: 0.7, high: max(float64(most), n) * 1.3, from: 58, to: width - 12, log: true}
	y := axis{log: true, from: d.height - 42, to: 26}
	y.low, y.high = around(times)
	y.low /= 1.3 // a mark has a size
	p.x.ticks = powersOfTwo(most)
	p.frame(d, x, y, 4)
	r := &room{whole: box{x.from + 2, y.to - 8, d.width, y.from - 1}}
	if n > 0 {
		d.line("limit broken", x.at(n), y.from, x.at(n), y.to-6)
		r.line(xy{x.at(n), y.from}, xy{x.at(n), y.to})
	}
	beside := map[string]int{}
	for _, s := range seen {
		i := canaryColour(s.Kept)
		kind := hollow
		switch s.Fate {
		case probe.Waited:
			kind = filled
		case probe.Denied:
			kind = crossed
		}
		// Those of one number stand beside each other, as far as there is room.
		key := fmt.Sprint(s.Held, s.Fate)
		shift := []float64{0, 0.5, -0.5, 1, -1}[beside[key]%5] * min(10, 0.4*space(seen, s.Held, x))
		beside[key]++
		at := xy{min(max(x.at(float64(s.Held))+shift, x.from+5), x.to), y.at(inMillis(s.Took))}
		d.mark(i, kind, at, fmt.Sprintf("experiment %d, beside %d, %s: %s, %s", s.Experiment, s.Held, connection(s.Kept), took(s.Took), s.Fate))
		r.take(box{at.x - 6, at.y - 6, at.x + 6, at.y + 6})
	}
	for _, l := range p.levels {
		r.take(box{x.from, y.at(l.y) - 2, x.to, y.at(l.y) + 2})
	}
	if n > 0 {
		d.nameSize(r, xy{x.at(n), y.to}, fmt.Sprintf("size %.0f", n), y.from-y.to)
	}
	p.nameLevels(d, r, x, y)
	return d.done(class, "How long canaries took by how many slow requests were held meanwhile; the table below has the figures")
}

// space is how far the next number of held requests is on an axis.
func space(seen []probe.Sighting, held int, x axis) float64 {
	least := x.to - x.from
	for _, s := range seen {
		if s.Held != held {
			least = min(least, math.Abs(x.at(float64(s.Held))-x.at(float64(held))))
		}
	}
	return least
}

// nameSize writes what an upright line is beside it, as high as there is room.
func (d *drawing) nameSize(r *room, top xy, text string, height float64) {
	width := textWidth(text)
	for down := 10.0; down < height; down += lineHeight {
		for _, c := range []xy{{top.x + 5, top.y + down}, {top.x - 5 - width, top.y + down}} {
			if r.free(labelBox(c, width)) {
				d.text("note halo", "start", c.x, c.y, text)
				r.take(labelBox(c, width))
				return
			}
		}
	}
}

// powersOfTwo are marks of an axis of numbers at once, which experiments double:
// as many of them as there is room for.
func powersOfTwo(most int) []float64 {
	var t []float64
	factor := 2
	if most > 1024 {
		factor = 8
	}
	for v := 1; v <= most; v *= factor {
		t = append(t, float64(v))
	}
	return t
}

// sightings sums up canaries by number held and connection.
func sightings(seen []probe.Sighting) table {
	t := table{Caption: "Canaries by the number of slow requests held meanwhile", Text: 2,
		Head: []string{"held", "connection", "canaries", "waited", "turned away", "the quickest", "the slowest"}}
	seen = slices.Clone(seen)
	order := func(a, b probe.Sighting) int {
		return cmp.Or(cmp.Compare(a.Held, b.Held), cmp.Compare(canaryColour(a.Kept), canaryColour(b.Kept)))
	}
	slices.SortStableFunc(seen, order)
	for len(seen) > 0 {
		n := 1
		for n < len(seen) && order(seen[0], seen[n]) == 0 {
			n++
		}
		var fates = map[probe.Fate]int{}
		quickest, slowest := seen[0].Took, time.Duration(0)
		for _, s := range seen[:n] {
			fates[s.Fate]++
			quickest, slowest = min(quickest, s.Took), max(slowest, s.Took)
		}
		t.Rows = append(t.Rows, []string{fmt.Sprint(seen[0].Held), connection(seen[0].Kept), fmt.Sprint(n),
			fmt.Sprint(fates[probe.Waited]), fmt.Sprint(fates[probe.Denied]), took(quickest), took(slowest)})
		seen = seen[n:]
	}
	return t
}

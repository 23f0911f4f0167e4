package page

import (
	"cmp"
	"html/template"
	"math"
	"slices"
)

// A plot is a chart of curves, one for each engine.
type plot struct {
	label  string // for screen readers
	x, y   scale
	curves []curve
	levels []level // horizontal lines
	stops  []stop  // intervals marked under the axis
	even   bool    // a line on which y = x: all that is offered
}

// A scale says what an axis is about.
type scale struct {
	title  string // with the unit
	log    bool
	format func(float64) string
	ticks  []float64 // nil: round values
	low    float64   // where a linear scale begins
	unit   float64   // of its round values; 0: 1
}

type curve struct {
	engine int
	name   string
	points []point
}

type point struct {
	x, y      float64
	low, high float64 // interval of y; both 0: none
	kind      markKind
	title     string
}

type level struct {
	y    float64
	text string
}

type stop struct {
	engine    int
	low, high float64
	open      bool // the line is at least there
}

// Sizes of drawings, CSS pixels.
const (
	wideWidth   = 860
	narrowWidth = 340
)

// draw draws the plot. With names, curves have their engine's name at the
// right; without, its letter.
func (p *plot) draw(class string, width, height float64, names bool) template.HTML {
	d := &drawing{width: width, height: height}
	right := 20.0
	if names {
		for _, c := range p.curves {
			right = max(right, min(210, textWidth(letter(c.engine)+"  "+c.name)+18))
		}
	}
	var xs, ys []float64
	for _, c := range p.curves {
		for _, q := range c.points {
			xs, ys = append(xs, q.x), append(ys, q.y)
			if q.high > 0 {
				ys = append(ys, q.low, q.high)
			}
		}
	}
	for _, l := range p.levels {
		ys = append(ys, l.y)
	}
	for _, s := range p.stops {
		xs = append(xs, s.high)
	}
	under := float64(5*len(p.stops)) + 4
	x := axis{low: p.x.low, high: max(upTo(xs), p.x.low), from: 52, to: width - right}
	y := axis{log: p.y.log, unit: p.y.unit, high: upTo(ys), from: height - 38 - under, to: 26}
	if p.y.log {
		y.low, y.high = around(ys)
	}
	p.frame(d, x, y, under)
	if p.even {
		end := min(x.high, y.high)
		d.line("even", x.at(x.low), y.at(x.low), x.at(end), y.at(end))
		d.text("note halo", "start", x.at(end)+6, y.at(end)+6, "as much as arrives")
	}
	for i, s := range p.stops {
		top := y.from + 3 + float64(5*i)
		if s.open {
			d.polyline("whisker "+colour(s.engine), []xy{{x.at(s.low), top}, {x.at(s.low) + 4, top + 2}, {x.at(s.low), top + 4}})
			continue
		}
		d.rect("band "+colour(s.engine), x.at(s.low), top, max(2, x.at(s.high)-x.at(s.low)), 4, "")
	}
	for _, c := range p.curves {
		c.draw(d, x, y)
	}
	for _, l := range p.levels {
		d.text("note halo", "start", x.from+4, y.at(l.y)-4, l.text)
	}
	p.name(d, x, y, names)
	return d.done(class, p.label)
}

// frame draws axes, grid and levels.
func (p *plot) frame(d *drawing, x, y axis, under float64) {
	d.text("axis", "start", 4, 12, p.y.title)
	for _, v := range y.ticks(5) {
		d.line("grid", x.from, y.at(v), x.to, y.at(v))
		d.text("tick", "end", x.from-6, y.at(v)+4, p.y.format(v))
	}
	marks := p.x.ticks
	if marks == nil {
		marks = x.ticks(int((x.to - x.from) / 62))
	}
	for _, v := range marks {
		d.line("grid", x.at(v), y.from, x.at(v), y.from+under)
		d.tick(x.at(v), y.from+under+14, p.x.format(v))
	}
	d.line("base", x.from, y.from, x.to, y.from)
	d.text("axis", "middle", (x.from+x.to)/2, y.from+under+31, p.x.title)
	for _, l := range p.levels {
		d.line("level", x.from, y.at(l.y), x.to, y.at(l.y))
	}
}

func (c *curve) draw(d *drawing, x, y axis) {
	var path []xy
	for _, p := range c.points {
		if p.kind != crossed {
			path = append(path, xy{x.at(p.x), y.at(p.y)})
		}
	}
	d.polyline("curve "+colour(c.engine), path)
	for _, p := range c.points {
		if p.high > 0 {
			d.line("whisker "+colour(c.engine), x.at(p.x), y.at(p.low), x.at(p.x), y.at(p.high))
		}
	}
	for _, p := range c.points {
		d.mark(c.engine, p.kind, xy{x.at(p.x), y.at(p.y)}, p.title)
	}
}

// name writes every curve's name beside its end, none over another.
func (p *plot) name(d *drawing, x, y axis, names bool) {
	type label struct {
		curve *curve
		end   xy
		y     float64
	}
	var labels []label
	for i := range p.curves {
		c := &p.curves[i]
		for _, q := range slices.Backward(c.points) {
			if q.kind == crossed && len(c.points) > 1 && c.points[0].kind != crossed {
				continue
			}
			end := xy{x.at(q.x), y.at(q.y)}
			labels = append(labels, label{c, end, end.y})
			break
		}
	}
	// Of curves that end alike the one that ends further right comes first: then
	// no leader crosses another.
	level := func(l label) float64 { return math.Round(l.y / 8) }
	slices.SortStableFunc(labels, func(a, b label) int { return cmp.Or(cmp.Compare(level(a), level(b)), cmp.Compare(b.end.x, a.end.x)) })
	wanted := make([]float64, len(labels))
	for i, l := range labels {
		wanted[i] = l.y
		if i > 0 {
			wanted[i] = max(l.y, wanted[i-1])
		}
	}
	for i, at := range apart(wanted, 14, y.to, y.from) {
		l := labels[i]
		d.polyline("leader "+colour(l.curve.engine), []xy{{l.end.x + 7, l.end.y}, {x.to + 2, at}})
		text := letter(l.curve.engine)
		if names {
			text += "  " + l.curve.name
		}
		d.text("name halo", "start", x.to+5, at+4, fit(text, d.width-x.to-5))
	}
}

// apart moves sorted positions so that they are a distance apart, within
// bounds if there is room for all.
func apart(y []float64, distance, low, high float64) []float64 {
	out := slices.Clone(y)
	for i := range out {
		if i > 0 {
			out[i] = max(out[i], out[i-1]+distance)
		}
	}
	if n := len(out); n > 0 && out[n-1] > high {
		out[n-1] = high
		for i := n - 2; i >= 0; i-- {
			out[i] = min(out[i], out[i+1]-distance)
		}
		if out[0] < low { // too many: evenly, from the top
			for i := range out {
				out[i] = low + float64(i)*distance
			}
		}
	}
	return out
}

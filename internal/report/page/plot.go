package page

import (
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

// draw draws the plot. With names, curves have their engine's name beside them
// where there is room; without, its letter.
func (p *plot) draw(class string, width, height float64, names bool) template.HTML {
	d := &drawing{width: width, height: height}
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
	x := axis{low: p.x.low, high: max(upTo(xs), p.x.low), from: 52, to: width - 26}
	y := axis{log: p.y.log, unit: p.y.unit, high: upTo(ys), from: height - 38 - under, to: 26}
	if p.y.log {
		y.low, y.high = around(ys)
	}
	p.frame(d, x, y, under)
	if end := min(x.high, y.high); p.even && x.at(end)-x.from > (x.to-x.from)/4 {
		d.line("even", x.at(x.low), y.at(x.low), x.at(end), y.at(end))
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
	r := p.room(d, x, y)
	p.nameLevels(d, r, x, y)
	p.nameEven(d, r, x, y)
	p.name(d, r, x, y, names)
	return d.done(class, p.label)
}

// frame draws axes, grid and levels.
func (p *plot) frame(d *drawing, x, y axis, under float64) {
	d.text("axis", "start", 4, 12, p.y.title)
	levels := p.y.ticks
	if levels == nil {
		levels = y.ticks(5)
	}
	for _, v := range levels {
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

// room is what is free of the chart once its curves are drawn.
func (p *plot) room(d *drawing, x, y axis) *room {
	r := &room{whole: box{x.from + 2, y.to - 8, d.width, y.from - 1}}
	for _, c := range p.curves {
		var last *xy
		for _, q := range c.points {
			at := xy{x.at(q.x), y.at(q.y)}
			r.take(box{at.x - 6, at.y - 6, at.x + 6, at.y + 6})
			if q.high > 0 {
				r.line(xy{at.x, y.at(q.low)}, xy{at.x, y.at(q.high)})
			}
			if q.kind == crossed {
				continue
			}
			if last != nil {
				r.line(*last, at)
			}
			last = &at
		}
	}
	return r
}

// nameLevels writes beside each level what it is, at the end of it that is free.
func (p *plot) nameLevels(d *drawing, r *room, x, y axis) {
	for _, l := range p.levels {
		width := textWidth(l.text)
		at := xy{x.from + 4, y.at(l.y) - 5}
		for _, c := range []xy{at, {x.to - width, at.y}, {at.x, at.y + 18}, {x.to - width, at.y + 18}, {(x.from + x.to - width) / 2, at.y}} {
			if r.free(labelBox(c, width)) {
				at = c
				break
			}
		}
		d.text("note halo", "start", at.x, at.y, l.text)
		r.take(labelBox(at, width))
		r.line(xy{x.from, y.at(l.y)}, xy{x.to, y.at(l.y)})
	}
}

// nameEven writes beside the line on which y = x what it is, where there is room.
func (p *plot) nameEven(d *drawing, r *room, x, y axis) {
	const text = "as much as arrives"
	end := min(x.high, y.high)
	if !p.even || x.at(end)-x.from <= (x.to-x.from)/4 {
		return
	}
	for at := end; at > x.low; at -= (end - x.low) / 20 {
		if c, ok := r.beside(xy{x.at(at), y.at(at)}, textWidth(text), 14); ok {
			d.text("note halo", "start", c.x, c.y, text)
			r.take(labelBox(c, textWidth(text)))
			return
		}
	}
}

// name writes the letter of every curve beside its end, and with names its name
// where there is room for it.
func (p *plot) name(d *drawing, r *room, x, y axis, names bool) {
	named := make([]bool, len(p.curves))
	for _, whole := range []bool{true, false} {
		for i := range p.curves {
			c := &p.curves[i]
			if named[i] || whole && !names {
				continue
			}
			text, far := letter(c.engine), 90.0
			if whole {
				text, far = text+"  "+c.name, 14
			}
			end := c.end()
			named[i] = d.label(r, c, xy{x.at(end.x), y.at(end.y)}, text, far) // where there is no room, there is the key
		}
	}
}

// end is the last point of a curve; a void one only where there is no other.
func (c *curve) end() point {
	for _, q := range slices.Backward(c.points) {
		if q.kind != crossed {
			return q
		}
	}
	return c.points[len(c.points)-1]
}

// label writes a text beside a point in its curve's colour, with a leader where
// that is not next to it; false: there is no room.
func (d *drawing) label(r *room, c *curve, p xy, text string, far float64) bool {
	width := 1.12 * textWidth(text) // it is bold
	at, ok := r.beside(p, width, far)
	if !ok {
		return false
	}
	b := labelBox(at, width)
	r.take(b)
	near := xy{min(max(p.x, b.left), b.right), min(max(p.y, b.top), b.bottom)}
	if math.Hypot(near.x-p.x, near.y-p.y) > 14 {
		d.polyline("leader "+colour(c.engine), []xy{p, near})
	}
	d.text("letter halo "+colour(c.engine), "start", at.x, at.y, text)
	return true
}

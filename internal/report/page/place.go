package page

import "math"

// A box is a rectangle of a drawing, in its pixels.
type box struct{ left, top, right, bottom float64 }

func (b box) meets(c box) bool {
	return b.left < c.right && c.left < b.right && b.top < c.bottom && c.top < b.bottom
}

// room keeps what of a drawing is taken, so that a label finds a place beside
// what it names and over nothing.
type room struct {
	whole box
	taken []box
}

// take keeps others from a box.
func (r *room) take(b box) { r.taken = append(r.taken, b) }

// line takes what a line covers.
func (r *room) line(a, b xy) {
	const pace = 5 // pixels
	n := math.Ceil(math.Hypot(b.x-a.x, b.y-a.y)/pace) + 1
	for i := 0.0; i <= n; i++ {
		x, y := a.x+(b.x-a.x)*i/n, a.y+(b.y-a.y)*i/n
		r.take(box{x - 2, y - 2, x + 2, y + 2})
	}
}

// free reports whether nothing is there yet, and the drawing is.
func (r *room) free(b box) bool {
	if b.left < r.whole.left || b.right > r.whole.right || b.top < r.whole.top || b.bottom > r.whole.bottom {
		return false
	}
	for _, t := range r.taken {
		if b.meets(t) {
			return false
		}
	}
	return true
}

// lineHeight is the height of a line of a chart's text, in CSS pixels.
const lineHeight = 14

// labelBox is the box of a text whose baseline begins at a point.
func labelBox(at xy, width float64) box {
	return box{at.x - 1, at.y - lineHeight + 3, at.x + width + 1, at.y + 3}
}

// beside finds a place for a text of that width next to a point, at most so far
// from it: where its baseline begins. The nearest is the best; of those as near
// the right one, then above, left and below.
func (r *room) beside(p xy, width, far float64) (xy, bool) {
	for gap := 9.0; gap <= far; gap += 5 {
		for _, c := range []xy{
			{p.x + gap, p.y + 4}, {p.x + gap*0.7, p.y - gap*0.7}, {p.x - width/2, p.y - gap}, {p.x + gap*0.7, p.y + gap*0.7 + 9},
			{p.x - gap*0.7 - width, p.y - gap*0.7}, {p.x - gap - width, p.y + 4}, {p.x - width/2, p.y + gap + 9}, {p.x - gap*0.7 - width, p.y + gap*0.7 + 9},
		} {
			if r.free(labelBox(c, width)) {
				return c, true
			}
		}
	}
	return xy{}, false
}

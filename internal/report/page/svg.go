package page

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A drawing is an SVG element that grows. Colours, strokes and fonts are the
// stylesheet's business: here are classes and coordinates only, in CSS pixels
// from the upper left. Text is escaped in one place each, [drawing.text] and
// [drawing.title].
type drawing struct {
	b             strings.Builder
	width, height float64
}

// charWidth is the mean width of a character of a chart's text in CSS pixels:
// 12 px of a sans serif typeface. There is nothing here to measure text with.
const charWidth = 6.3

func textWidth(s string) float64 { return charWidth * float64(utf8.RuneCountInString(s)) }

// fit shortens text to a width; the whole of it is in the table behind.
func fit(s string, width float64) string {
	n := max(3, int(width/charWidth))
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

func px(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// at rounds to a tenth of a pixel.
func at(x float64) string { return px(math.Round(x*10) / 10) }

func (d *drawing) line(class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(&d.b, `<line class="%s" x1="%s" y1="%s" x2="%s" y2="%s"/>`, class, at(x1), at(y1), at(x2), at(y2))
}

// rect draws a rectangle; with a title it has a tooltip.
func (d *drawing) rect(class string, x, y, w, h float64, title string) {
	fmt.Fprintf(&d.b, `<rect class="%s" x="%s" y="%s" width="%s" height="%s">`, class, at(x), at(y), at(max(0, w)), at(h))
	d.title(title)
	d.b.WriteString(`</rect>`)
}

// text anchors at "start", "middle" or "end".
func (d *drawing) text(class, anchor string, x, y float64, s string) {
	fmt.Fprintf(&d.b, `<text class="%s" text-anchor="%s" x="%s" y="%s">%s</text>`, class, anchor, at(x), at(y), html.EscapeString(s))
}

// tick writes the value of a tick below it, within the drawing.
func (d *drawing) tick(x, y float64, s string) {
	switch half := textWidth(s) / 2; {
	case x < half:
		d.text("tick", "start", max(0, x-2), y, s)
	case x > d.width-half:
		d.text("tick", "end", d.width, y, s)
	default:
		d.text("tick", "middle", x, y, s)
	}
}

func (d *drawing) title(s string) {
	if s != "" {
		d.b.WriteString(`<title>` + html.EscapeString(s) + `</title>`)
	}
}

// polyline connects points.
func (d *drawing) polyline(class string, points []xy) {
	if len(points) < 2 {
		return
	}
	d.b.WriteString(`<polyline class="` + class + `" points="`)
	for i, p := range points {
		if i > 0 {
			d.b.WriteByte(' ')
		}
		d.b.WriteString(at(p.x) + "," + at(p.y))
	}
	d.b.WriteString(`"/>`)
}

type xy struct{ x, y float64 }

// marks are the shapes of points, one for each engine in turn, around the
// origin: who does not see colours tells engines by them.
var marks = [...]string{
	"M0-4.6A4.6 4.6 0 1 1 0 4.6A4.6 4.6 0 1 1 0-4.6Z", // circle
	"M-4-4H4V4H-4Z",          // square
	"M0-5.2L4.8 3.8H-4.8Z",   // triangle
	"M0-5.6L5 0L0 5.6L-5 0Z", // diamond
	"M0 5.2L4.8-3.8H-4.8Z",   // triangle on its point
	"M-1.8-5H1.8V-1.8H5V1.8H1.8V5H-1.8V1.8H-5V-1.8H-1.8Z", // cross
	"M-5-2.5L0-5.4L5-2.5V2.5L0 5.4L-5 2.5Z",               // hexagon
	"M-5 3.4L-2.8-3.8H2.8L5 3.4Z",                         // trapezium
}

// mark draws an engine's mark at a point: filled, hollow or as a small cross.
func (d *drawing) mark(engine int, kind markKind, p xy, title string) {
	path, class := marks[engine%len(marks)], "mark"
	switch kind {
	case hollow:
		class = "mark hollow"
	case crossed:
		path, class = "M-3.2-3.2L3.2 3.2M-3.2 3.2L3.2-3.2", "mark crossed"
	}
	fmt.Fprintf(&d.b, `<path class="%s %s" transform="translate(%s %s)" d="%s">`, class, colour(engine), at(p.x), at(p.y), path)
	d.title(title)
	d.b.WriteString(`</path>`)
}

// dot draws a round point of a radius, where there are too many for marks.
func (d *drawing) dot(colour string, kind markKind, p xy, r float64) {
	switch kind {
	case filled:
		fmt.Fprintf(&d.b, `<circle class="dot %s" cx="%s" cy="%s" r="%s"/>`, colour, at(p.x), at(p.y), at(r))
	case hollow:
		fmt.Fprintf(&d.b, `<circle class="dot hollow %s" cx="%s" cy="%s" r="%s"/>`, colour, at(p.x), at(p.y), at(r))
	case crossed:
		d.line("whisker "+colour, p.x-r, p.y-r, p.x+r, p.y+r)
		d.line("whisker "+colour, p.x-r, p.y+r, p.x+r, p.y-r)
	}
}

type markKind uint8

const (
	filled  markKind = iota // the trial passed, or there is nothing to pass
	hollow                  // it failed
	crossed                 // it is void
)

// colour is the class that has an engine's colour.
func colour(engine int) string { return "c" + strconv.Itoa(engine%len(marks)) }

// letter is an engine's short name on charts: A to Z, then A1 and on.
func letter(engine int) string {
	s := string(rune('A' + engine%26))
	if engine >= 26 {
		s += strconv.Itoa(engine / 26)
	}
	return s
}

// done closes the drawing. The label is what a screen reader says in its place.
func (d *drawing) done(class, label string) template.HTML {
	return template.HTML(fmt.Sprintf(`<svg class="%s" role="img" aria-label="%s" viewBox="0 0 %s %s" width="%s" height="%s">%s</svg>`, //nolint:gosec // text is escaped above
		class, html.EscapeString(label), px(d.width), at(d.height), px(d.width), at(d.height), d.b.String()))
}

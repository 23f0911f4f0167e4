package page

import (
	"fmt"
	"html/template"
	"math"
	"strconv"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	planning "github.com/plimsoll-dev/plimsoll/internal/plan"
	"github.com/plimsoll-dev/plimsoll/internal/report"
)

// heat is a what-if table as a heat map, with the table behind.
func (c *sizes) heat(n int) (*section, error) {
	g := &c.plan.Grids[n]
	f := figure{ID: "grid-" + g.Engine, Title: "What " + report.GridSubject(*g) + " would carry",
		Text: fmt.Sprintf("Requests/s with other sizes, all else as planned. What holds %s/s is green and has a frame around it; the stronger the colour, the further from that rate.", analysis.Rate(c.plan.Rate))}
	f.Charts = wideAndNarrow(func(class string, width float64, roomy bool) template.HTML { return c.drawHeat(g, class, width, roomy) })
	t := table{Caption: "What each would carry, and how it does at " + analysis.Rate(c.plan.Rate) + "/s", Text: 0}
	t.Head = append(t.Head, g.Keys...)
	t.Head = append(t.Head, "carries /s", "fails at /s", "holds", "in time", "p99")
	columns := columnsOf(g)
	for i, cell := range g.Cells {
		row := []string{analysis.Grouped(float64(g.Values[0][i/columns]))}
		if len(g.Keys) > 1 {
			row = append(row, analysis.Grouped(float64(g.Values[1][i%columns])))
		}
		holds := "no"
		if cell.Holds {
			holds = "yes"
		}
		t.Rows = append(t.Rows, append(row, rateOr(cell.LoadLine.Low), rateOr(cell.LoadLine.High), holds,
			report.InTime(&planning.AtRate{Within: cell.Within}), report.Millis(cell.P99MS)))
	}
	f.Tables = []table{t}
	contents := ""
	if n == 0 {
		contents = "Other sizes"
	}
	return f.section(contents)
}

// columnsOf is how many columns a grid has; one that varies one size has one.
func columnsOf(g *planning.Grid) int {
	if len(g.Keys) < 2 {
		return 1
	}
	return len(g.Values[1])
}

func (c *sizes) drawHeat(g *planning.Grid, class string, width float64, roomy bool) template.HTML {
	columns, rows := columnsOf(g), len(g.Values[0])
	left, top, high := 64.0, 42.0, 34.0
	if !roomy {
		left, high = 46, 30
	}
	if columns == 1 {
		top = 24
	}
	wide := math.Min((width-left-4)/float64(columns), 150)
	right := left + wide*float64(columns) - 2
	down, across, line := g.Keys[0]+" ↓", "", 12.0
	if columns > 1 {
		across = g.Keys[1] + " →"
		right = math.Max(right, textWidth(across)+2)
		if textWidth(down+across)+20 > right { // they have no room side by side
			top, line = top+16, line+16
		}
	}
	bottom := top + high*float64(rows)
	d := &drawing{width: width, height: bottom + legendHeight}
	d.text("axis", "start", 2, line, down)
	if columns > 1 {
		d.text("axis", "end", right, 12, across)
		every := int(math.Ceil(36 / wide)) // so that the values have room
		for k := 0; k < columns; k += every {
			d.text("tick", "middle", left+wide*(float64(k)+0.5), top-8, short(float64(g.Values[1][k])))
		}
	}
	holding := 0
	for r := range rows {
		y := top + high*float64(r)
		d.text("tick", "end", left-8, y+high/2+4, short(float64(g.Values[0][r])))
		for k := range columns {
			cell := g.Cells[r*columns+k]
			x := left + wide*float64(k)
			what := g.Keys[0] + " " + analysis.Grouped(float64(g.Values[0][r]))
			if columns > 1 {
				what += ", " + g.Keys[1] + " " + analysis.Grouped(float64(g.Values[1][k]))
			}
			d.rect(c.heatClass(cell), x, y, wide-2, high-2, what+": carries "+rateOr(cell.LoadLine.Low)+"/s")
			if cell.Holds {
				holding++
			}
			if cell.LoadLine.Low == nil {
				d.text("tick", "middle", x+wide/2-1, y+high/2+4, "–")
			} else if s := short(*cell.LoadLine.Low); textWidth(s) <= wide-3 {
				d.text("cell", "middle", x+wide/2-1, y+high/2+4, s)
			}
		}
	}
	c.legend(d, left, bottom+12)
	return d.done(class, fmt.Sprintf("Heat map of what %s would carry: %d of %d choices hold %s requests/s", report.GridSubject(*g), holding, len(g.Cells), analysis.Rate(c.plan.Rate)))
}

// heatSteps are the strengths of a colour; the strongest is a factor of about two
// from the rate, or more.
const heatSteps = 5

// heatClass is the colour of a cell: which side of the rate it is on, and how far.
func (c *sizes) heatClass(cell planning.Cell) string {
	far := heatSteps
	if cell.LoadLine.Low != nil && *cell.LoadLine.Low > 0 {
		far = 1 + min(heatSteps-1, int(heatSteps*math.Abs(math.Log2(*cell.LoadLine.Low/c.plan.Rate))))
	}
	return heatColour(cell.Holds, far)
}

func heatColour(holds bool, far int) string {
	side := "lacks"
	if holds {
		side = "holds"
	}
	return "heat " + side + " h" + strconv.Itoa(far)
}

const legendHeight = 48

// legend says what the colours stand for, from half of the rate to twice as much.
func (c *sizes) legend(d *drawing, x, y float64) {
	const wide, high, below = 18, 12, 27
	for i := range 2 * heatSteps {
		holds := i >= heatSteps
		far := i - heatSteps + 1
		if !holds {
			far = heatSteps - i
		}
		d.rect("legend "+heatColour(holds, far), x+wide*float64(i), y, wide-2, high, "")
	}
	d.text("tick", "start", x, y+below, "½ ×")
	d.text("tick", "middle", x+wide*heatSteps-1, y+below, analysis.Rate(c.plan.Rate)+"/s")
	d.text("tick", "end", x+2*wide*heatSteps-2, y+below, "2 ×")
}

// short prints a number in five characters or fewer.
func short(x float64) string {
	switch {
	case x >= 999_500:
		return report.Figures(x/1e6, 3) + "M"
	case x >= 9_995:
		return report.Figures(x/1e3, 3) + "k"
	}
	return analysis.Rate(x)
}

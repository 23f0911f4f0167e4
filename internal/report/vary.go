package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/plan"
)

// grids print the what-if tables.
func grids(b *strings.Builder, p *plan.Plan) {
	for _, g := range p.Grids {
		t := newGrid(gridHead(g)...)
		fmt.Fprintf(b, "\n%s: what %s would carry, requests/s; × is less than %s\n", g.Engine, GridSubject(g), analysis.Rate(p.Rate))
		columns := 1
		if len(g.Keys) > 1 {
			columns = len(g.Values[1])
		}
		for c := range max(columns, 3) {
			t.right(c + 1)
		}
		for r, n := range g.Values[0] {
			line := []string{analysis.Grouped(float64(n))}
			for c := range columns {
				cell := g.Cells[r*columns+c]
				line = append(line, CellText(cell))
				if len(g.Keys) == 1 {
					line = append(line, InTime(&plan.AtRate{Within: cell.Within}), Millis(cell.P99MS))
				}
			}
			t.row(line...)
		}
		t.print(b)
	}
}

// GridSubject is what a grid is about.
func GridSubject(g plan.Grid) string {
	if slices.Contains(g.Keys, plan.VaryInstances) {
		return "instances of " + g.Config
	}
	if g.Instances == 1 {
		return "one instance of " + g.Config
	}
	return analysis.Grouped(float64(g.Instances)) + " instances of " + g.Config
}

func gridHead(g plan.Grid) []string {
	if len(g.Keys) == 1 {
		return []string{g.Keys[0], "carries", "in time", "p99"}
	}
	head := []string{g.Keys[0] + " \\ " + g.Keys[1]}
	for _, n := range g.Values[1] {
		head = append(head, analysis.Grouped(float64(n)))
	}
	return head
}

// CellText is what a cell carries; × where that is less than was asked for.
func CellText(c plan.Cell) string {
	s := "0"
	if c.LoadLine.Low != nil {
		s = analysis.Rate(*c.LoadLine.Low)
		if c.LoadLine.High == nil {
			s = "≥ " + s
		}
	}
	if c.Holds {
		return s + "  "
	}
	return s + " ×"
}

package page

import "github.com/plimsoll-dev/plimsoll/internal/report"

// expectations are the bounds that the workload sets, and what became of them.
func (c *comparison) expectations() (*section, error) {
	if len(c.verdict.Expectations) == 0 {
		return nil, nil
	}
	return section{ID: "expectations", Title: "What was expected", Contents: "Expectations",
		Text: report.Tally(c.verdict.Expectations) + ". A bar is the 95 % interval of what was measured, the line in it the figure itself, the upright line the bound, and the shaded side the one on which it is met. An interval on both sides of its bound is void: it cannot be told.",
	}.filled(boundsTemplate, newBounds(expectedOf(c.run.Workload.Expect, c.verdict.Expectations, false), "Expectations"))
}

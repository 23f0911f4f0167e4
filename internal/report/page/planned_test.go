package page

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	planning "github.com/plimsoll-dev/plimsoll/internal/plan"
	"github.com/plimsoll-dev/plimsoll/record"
)

// plannedPage is the page of the plan whose table is a golden file of package
// report, changed.
func plannedPage(t *testing.T, change func(*planning.Plan)) string {
	t.Helper()
	b, err := os.ReadFile("../testdata/plan.json")
	if err != nil {
		t.Fatal(err)
	}
	var p planning.Plan
	if err := json.Unmarshal(b, &p); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&p)
	}
	m := &record.Meta{Tool: "plimsoll test", Command: "plan", Args: []string{"plan", "shop"}, Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Host:     record.Host{OS: "linux", Arch: "amd64", Kernel: "6.1", CPU: "a CPU", Cores: 4, CPUs: []int{0, 1}, Go: "go1.26", GOMAXPROCS: 2},
		Workload: &record.Workload{Name: "shop", SHA256: "ab12", Source: "workload: shop\n"}, Seed: 7, Options: map[string]any{"costs": map[string]any{"Machine": "a machine"}}}
	var out strings.Builder
	if err := Plan(&out, &p, m); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestThePageOfAPlanSaysWhatIsMeant(t *testing.T) {
	says(t, plannedPage(t, nil), "plan.golden")
}

// A heat map has a cell for each choice, with its figures in the tooltip, and
// those that hold are told by a class of their own.
func TestEveryChoiceIsOnTheHeatMap(t *testing.T) {
	for _, c := range []struct{ rows, columns int }{{5, 4}, {3, 1}, {20, 30}} {
		html := plannedPage(t, func(p *planning.Plan) {
			g := &p.Grids[0]
			g.Values = [][]int{tens(c.rows)}
			if g.Keys = []string{"pool.size"}; c.columns > 1 {
				g.Keys, g.Values = append(g.Keys, "thread.max"), append(g.Values, tens(c.columns))
			}
			g.Cells = nil
			for i := range c.rows * c.columns {
				low := float64(1000 + 10*i)
				g.Cells = append(g.Cells, planning.Cell{Holds: i%2 == 0, LoadLine: planning.LoadLine{Low: &low}})
			}
			g.Cells[0].LoadLine.Low = nil
		})
		page := parsePage(t, html)
		cells, holds := 0, 0
		for _, r := range page.all("rect") {
			if class := r.attr["class"]; strings.HasPrefix(class, "heat") {
				cells++
				if strings.Contains(class, "holds") {
					holds++
				}
				if !strings.Contains(r.text, "carries ") {
					t.Errorf("a cell says %q", r.text)
				}
			}
		}
		if want := 2 * c.rows * c.columns; cells != want || holds != want/2+(c.rows*c.columns)%2 {
			t.Errorf("%d × %d: %d cells of which %d hold, wide and narrow", c.rows, c.columns, cells, holds)
		}
	}
}

func tens(n int) (v []int) {
	for i := range n {
		v = append(v, 10*(i+1))
	}
	return v
}

func TestAPlanOfWhichNothingIsKnownHasAPage(t *testing.T) {
	html := plannedPage(t, func(p *planning.Plan) {
		*p = planning.Plan{Workload: "shop", Partial: true, Conclusion: "Nothing was found out yet.", Question: planning.Question{Rate: 10}, Engines: []planning.Engine{{Engine: "thread"}}}
	})
	if page := parsePage(t, html); !strings.Contains(page.text, "Interrupted.") || !strings.Contains(page.text, "not found out") || strings.Contains(html, "NaN") {
		t.Error(html)
	}
}

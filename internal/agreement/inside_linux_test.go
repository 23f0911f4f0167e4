package agreement

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/lab"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/probe"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// TestTheComparisonSeesTheSame has the lab look at the same walls from inside.
// What it names has to be, from outside, what the probe is held to. Where a
// request that waits costs nothing there is nothing to compare: the lab goes on
// to rates that no probe asks for.
func TestTheComparisonSeesTheSame(t *testing.T) {
	if os.Getenv(soakEnv) == "" {
		t.Skipf("takes an hour; %s=1 runs it", soakEnv)
	}
	cells, _ := drawn(t)
	for i := range cells {
		c := &cells[i]
		if c.wall == model.WallNone {
			continue
		}
		t.Run(c.name(), func(t *testing.T) {
			e := c.compare(t)
			for try := 1; e.Wall.Kind == model.WallUnknown || e.LoadLine.High == nil; try++ {
				t.Logf("try %d: %s, void %q, %q", try, e.Wall.Kind, e.VoidReasons, e.Wall.Evidence)
				if try == tries {
					t.Skip("no wall was named, or nothing that failed counts")
				}
				e = c.compare(t)
			}
			limit := 0
			if e.Wall.Limit != nil {
				limit = int(*e.Wall.Limit)
			}
			t.Logf("%s %d from inside: %q", e.Wall.Kind, limit, e.Wall.Evidence)
			truth := c.truth()
			seen := probe.Outside(e.Wall.Kind, limit)
			if !slices.ContainsFunc(seen, func(k probe.Kind) bool { return string(k) == truth.Kind || slices.Contains(truth.Also, string(k)) }) {
				t.Errorf("from inside it is %s %d, which is %v from outside, where it is %s: %s", e.Wall.Kind, limit, seen, truth.Kind, c.because)
			}
			if e.Wall.Kind == c.wall && c.limit > 0 && limit != c.limit {
				t.Errorf("%s %d from inside, and %d is configured", e.Wall.Kind, limit, c.limit)
			}
		})
	}
}

// compare measures the cell's load line and the wall there.
func (c *cell) compare(t *testing.T) analysis.EngineVerdict {
	t.Helper()
	path := filepath.Join(t.TempDir(), "record.jsonl")
	w, err := record.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	err = lab.Compare(t.Context(), lab.Options{
		Document: c.document(t), Engines: []model.EngineConfig{c.config(t)}, Quick: true, Record: w, UpstreamCapacity: c.capacities(),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	run := &analysis.Run{}
	if _, err = record.Open(path, func(row record.Row) error {
		return run.Add(row, func(name string, source []byte) (*model.Workload, error) {
			w, _, err := workload.Parse(name, source)
			return w, err
		})
	}); err != nil {
		t.Fatal(err)
	}
	v := analysis.Derive(run)
	if len(v.Engines) != 1 {
		t.Fatalf("%d engines were compared", len(v.Engines))
	}
	return v.Engines[0]
}

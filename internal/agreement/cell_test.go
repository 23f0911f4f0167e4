package agreement

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/accuracy"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/probe"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// A cell is one engine that serves one slow route, and the wall that follows
// from its configuration.
type cell struct {
	engine  string        // text form
	route   string        // of the document: what requests do
	service time.Duration // for how long
	places  int           // of the resource that the route holds, where it does

	capacity int // of the upstream; 0: it has no end

	wall    model.WallKind // from inside
	limit   int            // its size; 0: it has none
	also    []probe.Kind   // what is true of it from outside besides what the mapping says
	because string
}

// routes are the ways in which a request may be slow.
var routes = map[string]string{
	"await":    "{await: bank}",
	"call":     "{call: bank}",
	"block":    "{block: %v}",
	"compute":  "{compute: %v}",
	"pooled":   "{hold: pool, steps: [{await: bank}]}",
	"monitor":  "{hold: lock, steps: [{await: bank}]}",
	"continue": "{await: tick}, {block: %v}", // what comes after an await is a continuation
}

// name says what is asked of whom.
func (c *cell) name() string { return fmt.Sprintf("%s %s %v", c.engine, c.route, c.service) }

// document is the workload of a cell: its slow route and a cheap one, which
// chooses between nothing and nothing: what it computed would wait for hybrid's
// workers, and what it awaited for future's executor. Clients that are patient
// let the search see a queue, and 1 % of errors refusals.
func (c *cell) document(t *testing.T) *workload.Document {
	t.Helper()
	steps := strings.ReplaceAll(routes[c.route], "%v", c.service.String())
	source := fmt.Sprintf(`workload: agreement
upstreams:
  bank: {latency: %v}
  tick: {latency: 1ms}
resources:
  pool: {size: %d}
  lock: {monitor: true}
routes:
  health: {path: /health, weight: 1, steps: [{choice: [{p: 50%%, steps: []}, {p: 50%%, steps: []}]}]}
  slow:   {path: /slow, weight: 9, steps: [%s]}
timeout: 10s
in-flight: %d
slo: {within: %v, ratio: 99%%, errors: 1%%}
`, c.service, max(1, c.places), steps, max(600, 4*c.limit), max(time.Second, 5*c.service))
	const name = "agreement.yaml"
	w, _, err := workload.Parse(name, []byte(source))
	if err != nil {
		t.Fatalf("%v in\n%s", err, source)
	}
	return &workload.Document{Name: name, Source: []byte(source), Workload: w}
}

// capacities are those of the upstreams that have one.
func (c *cell) capacities() map[string]int {
	if c.capacity == 0 {
		return nil
	}
	return map[string]int{"bank": c.capacity}
}

// config is the engine's.
func (c *cell) config(t *testing.T) model.EngineConfig {
	t.Helper()
	cfg, err := model.ParseEngine(c.engine)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// truth is the wall as it is from outside.
func (c *cell) truth() accuracy.Truth {
	kinds := append(probe.Outside(c.wall, c.limit), c.also...)
	w := accuracy.Truth{Kind: string(kinds[0]), Low: c.limit, High: c.limit, Because: c.because}
	for _, k := range kinds[1:] {
		w.Also = append(w.Also, string(k))
	}
	return w
}

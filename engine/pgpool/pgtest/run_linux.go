package pgtest

import (
	"slices"
	"testing"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/pgpool"
	"github.com/plimsoll-dev/plimsoll/model"
)

// A row is one thing that a pool does on every engine.
type row struct {
	name    string // unique; a sentence
	options pgpool.Options
	run     func(t *testing.T, h *harness)
}

func rows() []row {
	return slices.Concat(queryRows(), waitRows(), endRows(), sessionRows(), loadRows())
}

// Run runs the table on the engine that build makes of a configuration's text
// form, which has to carry [Requests] requests at once that await.
func Run(t *testing.T, config string, build func(model.EngineConfig) (engine.Engine, error)) {
	cfg, err := model.ParseEngine(config)
	if err != nil {
		t.Fatal(err)
	}
	server := Start(t)
	for _, r := range rows() {
		t.Run(r.name, func(t *testing.T) { r.run(t, newHarness(t, server, cfg, build, r)) })
	}
}

// Requests is how many requests are under way at once, at most.
const Requests = 100

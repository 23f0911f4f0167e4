package thread

import (
	"github.com/plimsoll-dev/plimsoll/internal/container"
	"github.com/plimsoll-dev/plimsoll/model"
)

// A Plant is a fault to be built into an engine, so that those who measure
// engines can prove that they find it. The zero Plant is an engine as it
// should be.
type Plant = container.Plant

// NewPlanted is [New] with a fault. It is for tests of the measuring side,
// which cannot be told from inside: the configuration says one thing and the
// engine does another.
func NewPlanted(cfg model.EngineConfig, p Plant) (*Engine, error) {
	e, err := newEngine(cfg)
	if err != nil {
		return nil, err
	}
	e.container.Plant(p)
	return e, nil
}

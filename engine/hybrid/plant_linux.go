package hybrid

import "github.com/plimsoll-dev/plimsoll/model"

// A Plant is a fault to be built into an engine, so that tests can prove that
// they find it. The zero Plant is an engine as it should be.
type Plant struct {
	NewestFirst bool // queues are served last in, first out
	Blocking    int  // added to the number of blocking workers
	// Tell stands between a step that has ended on its worker and the loop that
	// its task goes on on: back has the loop look. nil: back is called.
	Tell func(back func())
}

// NewPlanted is [New] with a fault. It is for tests: the configuration says one
// thing and the engine does another.
func NewPlanted(cfg model.EngineConfig, p Plant) (*Engine, error) {
	e, err := newEngine(cfg)
	if err != nil {
		return nil, err
	}
	e.cpu.Newest, e.blocking.Newest = p.NewestFirst, p.NewestFirst
	e.blocking.Core += p.Blocking
	e.blocking.Max += p.Blocking
	if p.Tell != nil {
		e.tell = p.Tell
	}
	return e, nil
}

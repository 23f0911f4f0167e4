package engine

// A Parker makes its owner wait the engine's way. It carries one permit:
// Unpark grants it, Park consumes it and waits while there is none. So an
// Unpark that comes first makes the next Park return at once, and none is
// lost. Only its owner parks; anybody may unpark, on any goroutine.
type Parker interface {
	Park()
	Unpark()
}

// NewParker returns a [Parker] that waits as Go waits: it parks the calling
// goroutine, and the processor goes on with others.
func NewParker() Parker { return make(goParker, 1) }

type goParker chan struct{}

func (p goParker) Park() { <-p }

func (p goParker) Unpark() {
	select {
	case p <- struct{}{}:
	default: // the permit is there already
	}
}

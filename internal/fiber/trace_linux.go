package fiber

import (
	"github.com/plimsoll-dev/plimsoll/internal/inline"
	"github.com/plimsoll-dev/plimsoll/internal/trace"
)

var _ inline.Stage = (*Host)(nil)

// Runs implements [inline.Stage]: whatever carries the fiber runs the branch.
func (h *Host) Runs(s trace.Strand) (end func()) {
	f := Current()
	if f == nil { // no carrier's
		return func() {}
	}
	f.run(s)
	return func() { f.strand = trace.Strand{} }
}

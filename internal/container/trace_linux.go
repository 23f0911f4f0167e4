package container

import (
	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/inline"
	"github.com/plimsoll-dev/plimsoll/internal/trace"
)

var _ inline.Stage = (*Host)(nil)

// Runs implements [inline.Stage]: a branch keeps its auxiliary thread.
func (h *Host) Runs(s trace.Strand) (end func()) {
	since := account.Now()
	return func() {
		if trace.On() {
			trace.Add(trace.Event{What: trace.Run, Track: trace.ThisThread(), Strand: s, From: since, To: account.Now()})
		}
	}
}

package fiber

import (
	"context"
	"net"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/inline"
)

// A Host is how tasks wait that are fibers: with the fiber they run on. An
// engine embeds one, and gives it a Run method that says what each verb costs.
type Host struct{ Group *Group }

var _ inline.Host = (*Host)(nil)

// Dial implements [inline.Host].
func (h *Host) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return h.Group.Dial(ctx, network, address)
}

// Sleep implements [inline.Host].
func (h *Host) Sleep(d time.Duration) { Current().Sleep(d) }

// NewParker implements [inline.Host].
func (h *Host) NewParker() engine.Parker { return Current() }

// Go implements [inline.Host]: on a fiber that waits as the calling one does.
func (h *Host) Go(f func()) { h.Group.start(function(f), Current().wait, 0) }

package thread

import (
	"context"
	"net"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/blocking"
	"github.com/plimsoll-dev/plimsoll/internal/executor"
	"github.com/plimsoll-dev/plimsoll/internal/osthread"
)

// host is how tasks wait on this engine: with their thread. It implements
// inline.Host.
type host struct{ auxiliary *executor.Executor[func()] }

func (h *host) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return blocking.Dial(ctx, network, address)
}

func (h *host) Sleep(d time.Duration) { osthread.Sleep(d) }

func (h *host) NewParker() engine.Parker { return new(osthread.Parker) }

// Go runs f on an auxiliary thread. There is one for each that runs, however
// many those are.
func (h *host) Go(f func()) { h.auxiliary.Submit(f) }

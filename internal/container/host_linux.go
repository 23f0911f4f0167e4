package container

import (
	"context"
	"math"
	"net"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/blocking"
	"github.com/plimsoll-dev/plimsoll/internal/executor"
	"github.com/plimsoll-dev/plimsoll/internal/inline"
	"github.com/plimsoll-dev/plimsoll/internal/osthread"
)

// A Host is how tasks wait that keep their thread. The branches of
// [engine.Task.All] run on auxiliary threads, the first on the caller's.
type Host struct{ auxiliary *executor.Executor[func()] }

var _ inline.Host = (*Host)(nil)

// NewHost returns a host whose auxiliary threads end when idle for so long.
func NewHost(idle time.Duration) *Host {
	return &Host{executor.New(executor.Config[func()]{
		Name: "plimsoll-branch",
		Run:  func(f func()) { f() },
		Core: math.MaxInt, // a limit would let branches wait for branches
		Max:  math.MaxInt,
		Idle: idle,
	})}
}

// Dial implements [inline.Host].
func (h *Host) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return blocking.Dial(ctx, network, address)
}

// Sleep implements [inline.Host].
func (h *Host) Sleep(d time.Duration) { osthread.Sleep(d) }

// NewParker implements [inline.Host].
func (h *Host) NewParker() engine.Parker { return new(osthread.Parker) }

// Go runs f on an auxiliary thread. There is one for each that runs, however
// many those are.
func (h *Host) Go(f func()) { h.auxiliary.Submit(f) }

// Auxiliary returns the number of auxiliary threads, idle ones included.
func (h *Host) Auxiliary() int { return h.auxiliary.Stats().Threads }

// Expire ends those that have been idle for long enough, and returns when to
// call it again; see [Config].
func (h *Host) Expire(now int64) (again int64) { return h.auxiliary.Expire(now) }

// Stop ends them all.
func (h *Host) Stop() { h.auxiliary.Stop() }

package upstream

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"runtime"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/internal/reactor"
	"github.com/plimsoll-dev/plimsoll/internal/wire"
)

// Options say how a [Server] differs from one that holds whatever it is asked
// to hold, at ordinary priority.
type Options struct {
	// Capacity is how many requests of a name are held at once; more of them
	// queue, first in first out, and their time begins when one is done: an
	// upstream that is the wall. A name that is absent, or 0, has no limit.
	Capacity map[string]int
	// Nice is the nice value of the serving thread, from -20 (favoured; needs
	// CAP_SYS_NICE) to 19. 0 leaves it as it is.
	Nice int
}

// A Server stands in for the systems behind a service. Its methods may be
// called from any goroutine; it serves on one thread of its own.
type Server struct {
	opts     Options
	accounts *accounts
	started  atomic.Bool

	// Everything below belongs to the serving thread.
	reactor *reactor.Reactor
	accept  acceptor
	names   map[string]*name
	conns   []*conn
	request wire.Request
	buf     []byte // what was just read, of any connection
}

// New makes a server.
func New(opts Options) *Server {
	opts.Capacity = maps.Clone(opts.Capacity)
	return &Server{opts: opts, accounts: newAccounts(), names: make(map[string]*name)}
}

// Serve serves connections from ln until ctx ends; then it closes all of them,
// abandoning what it holds, and returns nil. It owns ln, which must be one
// from net.Listen, and closes it. A server serves once.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	defer ln.Close()
	if s.started.Swap(true) {
		return errors.New("upstream: serve: this server has served already; make another with New")
	}
	fd, err := descriptorOf(ln)
	if err != nil {
		return fmt.Errorf("upstream: serve: %w", err)
	}
	defer unix.Close(fd)
	done := make(chan error, 1)
	go func() {
		// Never unlocked: the thread ends with the goroutine, and with it its
		// nice value, which could not be lowered again.
		runtime.LockOSThread()
		done <- s.run(ctx, fd)
	}()
	if err := <-done; err != nil {
		return fmt.Errorf("upstream: serve: %w", err)
	}
	return nil
}

// run is the life of the serving thread.
func (s *Server) run(ctx context.Context, listener int) error {
	if s.opts.Nice != 0 {
		if err := unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), s.opts.Nice); err != nil {
			return fmt.Errorf("nice %d: %w (a negative one needs CAP_SYS_NICE)", s.opts.Nice, err)
		}
	}
	// Without it every timer of the thread may be 50 µs late. Where it is
	// refused, the lateness that is measured says so.
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)

	r, err := reactor.New()
	if err != nil {
		return err
	}
	defer r.Close()
	s.reactor = r
	s.buf = make([]byte, 64<<10)
	defer s.closeConns()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if err := s.accept.start(s, listener, cancel); err != nil {
		return err
	}
	defer s.accept.stop()
	if err := r.Run(ctx); err != nil {
		return err
	}
	if err := context.Cause(ctx); errors.As(err, new(*acceptError)) {
		return err
	}
	return nil
}

func (s *Server) closeConns() {
	for len(s.conns) > 0 {
		s.conns[len(s.conns)-1].close()
	}
}

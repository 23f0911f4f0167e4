package hybrid

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/eventloop"
	"github.com/plimsoll-dev/plimsoll/internal/fiber"
)

// open opens the loops and gives each a server, with an accept queue. ln is
// closed if that fails.
func (e *Engine) open(ctx context.Context, ln net.Listener, h http.Handler) (servers []*fiber.Server, err error) {
	queues, err := queues(ctx, ln, len(e.loops))
	if err != nil {
		return nil, err
	}
	opened := 0
	defer func() {
		if err != nil {
			closeAll(queues)
			for i, l := range e.loops[:opened] {
				if i < len(servers) {
					abandon(l, servers[i])
				} else {
					_ = l.Close()
				}
			}
		}
	}()
	room := fiber.NewRoom(e.cfg.Int("connections"))
	for i, l := range e.loops {
		if err := l.Open(); err != nil {
			return servers, err
		}
		opened++
		s, err := fiber.NewServer(l.Group(), queues[i], fiber.Config{
			Name: "hybrid", Context: ctx, Handler: h,
			Host: &host{fiber.Host{Group: l.Group()}, e}, Outside: fiber.Block,
			Ledger: &e.ledger, Limits: e.limits,
			KeepAlive: e.cfg.Duration("keepalive"), Room: room, Backlog: e.cfg.Int("backlog"),
		})
		if err != nil {
			return servers, err
		}
		servers = append(servers, s)
	}
	return servers, nil
}

// abandon ends a server that has not started, and its loop: what the server has
// taken over it gives back where it would run.
func abandon(l *eventloop.Loop, s *fiber.Server) {
	s.Stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = l.Run(s.Done())
	}()
	<-done
}

// run serves until ctx ends or a loop fails, then stops all of them, and the
// workers when no handler is left that could need one.
func (e *Engine) run(ctx context.Context, servers []*fiber.Server) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, len(e.loops))
	for i, s := range servers {
		stop := context.AfterFunc(ctx, s.Stop)
		defer stop()
		s.Start()
		go func() { ended <- errors.Join(e.loops[i].Run(s.Done()), s.Err()) }()
	}
	expire := time.NewTimer(Idle)
	defer expire.Stop()
	var errs []error
	for len(errs) < len(e.loops) {
		select {
		case err := <-ended:
			errs = append(errs, err)
			cancel() // one that ends by itself ends all
		case <-expire.C:
			now := account.Now()
			expire.Reset(time.Duration(e.blocking.Expire(now) - now))
			e.fit()
		}
	}
	e.blocking.Stop()
	e.cpu.Stop()
	return errors.Join(errs...)
}

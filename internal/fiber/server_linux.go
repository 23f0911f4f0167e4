package fiber

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/exchange"
	"github.com/plimsoll-dev/plimsoll/internal/hangup"
	"github.com/plimsoll-dev/plimsoll/internal/inline"
	"github.com/plimsoll-dev/plimsoll/internal/reactor"
	"github.com/plimsoll-dev/plimsoll/internal/wire"
)

// A Config is what an engine's servers have in common.
type Config struct {
	Name    string // of the engine, for what is logged
	Context context.Context
	Handler http.Handler
	Host    inline.Host // of the requests' tasks
	// Callbacks, if not nil, answers each request that came whole and has no
	// body, on the reactor's goroutine. It returns without waiting.
	Callbacks   func(*Callback)
	Outside     Wait            // what waiting costs outside of any step
	Ledger      *account.Ledger // Connections, Accepted, Queued, InFlight, Requests, Responses, Rejected and Panics are kept
	Limits      engine.Limits   // every field set, or 0 for none; see engine.Limits.OrDefaults
	KeepAlive   time.Duration
	Connections int   // served at once; one more is accepted and held
	Room        *Room // instead of Connections, where several servers share it
	Backlog     int
}

// A Server serves the connections of one listener, each request on a fiber. A
// connection without a request is a registration with the group's reactor and
// a few hundred bytes.
type Server struct {
	group    *Group
	cfg      Config
	exchange exchange.Config
	base     context.Context
	listens  net.Addr
	acceptor *acceptor
	sweeper  reactor.Timer
	scratch  []byte     // for what nobody reads
	hangups  hangup.Set // clients whose requests look whether they are still there

	stopping atomic.Bool // every answer is the connection's last

	mu      sync.Mutex // guards what follows; held for a few operations on lists
	first   *conn
	open    int
	busy    int       // workers
	workers []*worker // idle; the one that was busy last at the end

	// Of the reactor's goroutine.
	drain   int64 // when the server began to stop; 0: it runs
	expired []*conn
	err     error
	done    chan struct{}
	ended   bool
}

// NewServer takes over a listener, and its queue. The listener is closed when
// the server has stopped, or if this fails.
func NewServer(g *Group, ln net.Listener, cfg Config) (*Server, error) {
	s := &Server{
		group: g, cfg: cfg, listens: ln.Addr(), done: make(chan struct{}),
		exchange: exchange.Config{
			Limits: wire.Limits{Head: cfg.Limits.Head, Body: cfg.Limits.Body},
			// The other timeouts are kept where waits happen; see conn.
			BodyTimeout: cfg.Limits.BodyTimeout,
		},
		scratch: make([]byte, 16<<10),
	}
	s.exchange.OnPanic = s.panicked
	if cfg.Room == nil {
		s.cfg.Room = NewRoom(cfg.Connections)
	}
	// The key is what handlers ask to know whether they run on a server:
	// httputil.ReverseProxy breaks its answer off only then. Serve's end is no
	// reason to give up a request.
	s.base = context.WithValue(context.WithoutCancel(cfg.Context), http.ServerContextKey, &http.Server{Handler: cfg.Handler})
	s.sweeper.Init(s.sweep)
	var err error
	if s.acceptor, err = newAcceptor(s, ln); err != nil {
		_ = ln.Close()
		return nil, fmt.Errorf("%s: %w", cfg.Name, err)
	}
	return s, nil
}

// panicked counts a handler's panic, and says where it happened.
func (s *Server) panicked(v any, stack []byte) {
	s.cfg.Ledger.Panics.Add(1)
	log.Printf("%s: panic in a handler: %v\n%s", s.cfg.Name, v, stack)
}

// Start begins to serve, as soon as the reactor turns. Anybody may call it.
func (s *Server) Start() {
	s.group.reactor.Post(func() {
		if err := s.acceptor.watch(); err != nil {
			s.fail(err)
		}
		s.sweep()
	})
}

// Stop lets no new client in, closes what is idle, after the limits' Linger,
// and answers what was received. Anybody may call it.
func (s *Server) Stop() { s.group.reactor.Post(s.stop) }

func (s *Server) stop() {
	if s.drain != 0 {
		return
	}
	s.drain = reactor.Clock()
	s.stopping.Store(true)
	s.acceptor.stop(s.drain + int64(s.cfg.Limits.Linger))
	s.sweep()
}

// fail stops the server because of an error.
func (s *Server) fail(err error) {
	if s.err == nil {
		s.err = fmt.Errorf("%s: %w", s.cfg.Name, err)
	}
	s.stop()
}

// Done is closed when the server has stopped: its listener is closed, every
// request is answered, every handler has returned and every connection is
// closed.
func (s *Server) Done() <-chan struct{} { return s.done }

// Err returns why the server stopped by itself, once Done is closed; nil if it
// was asked to.
func (s *Server) Err() error { return s.err }

// settle closes done when it is time, on the reactor's goroutine.
func (s *Server) settle() {
	s.mu.Lock()
	over := s.acceptor.closed && s.open == 0 && s.busy == 0
	s.mu.Unlock()
	if over && !s.ended {
		s.ended = true
		s.group.reactor.Stop(&s.sweeper)
		s.hangups.Close()
		close(s.done)
	}
}

// add makes the server responsible for a connection.
func (s *Server) add(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.next = s.first; c.next != nil {
		c.next.prev = c
	}
	s.first = c
}

// remove ends that, and makes room for another. Anybody may call it.
func (s *Server) remove(c *conn) {
	s.cfg.Ledger.Connections.Add(-1)
	s.mu.Lock()
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		s.first = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	}
	c.prev, c.next = nil, nil
	s.open--
	last := s.stopping.Load() && s.open == 0
	s.mu.Unlock()
	s.cfg.Room.leave()
	if last {
		s.group.reactor.Post(s.settle)
	}
}

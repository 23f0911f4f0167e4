package pgpool

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/plimsoll-dev/plimsoll/engine"
)

// Options say how a pool keeps its connections. The defaults are pgxpool's.
type Options struct {
	// Name is that of the pool's [engine.Resource], which reports show.
	// Default: "postgres".
	Name string
	// Size is the most connections that are open at once; who comes then waits.
	// It should not be below the number of event loops or other hosts (see
	// [engine.HostOf]) that use the pool, or they will take each other's
	// connections. Default: 4, or the number of CPUs if that is more.
	Size int
	// MaxLifetime is the age at which a connection is not used again. Default:
	// 1 hour.
	MaxLifetime time.Duration
	// MaxIdleTime is how long a connection may lie idle before it is not used
	// again. Default: 30 minutes. Nothing runs in the background for either:
	// who next takes a connection closes the old ones.
	MaxIdleTime time.Duration
	// PerRequest opens a connection for every use and closes it afterwards.
	// The other options are then without effect.
	PerRequest bool
}

// A Pool keeps connections to one database. All methods may be called
// concurrently; those with a task, on the goroutine that it belongs to.
type Pool struct {
	config  *pgconn.Config
	options Options
	slots   *engine.Resource // nil if connections are not pooled

	// mu guards what follows. It is held for a few slice operations, never for
	// I/O.
	mu      sync.Mutex
	idle    []*conn // the latest last
	open    int     // connections: idle, lent, and being opened
	opened  uint64
	closed  bool
	drained chan struct{} // closed when the pool is closed and nothing is open
}

// New returns a pool of connections to the database that connString names, as
// a URL or in keyword/value form (see [pgconn.ParseConfig]; PGHOST and the
// other variables of the environment apply). It does not connect.
func New(connString string, o Options) (*Pool, error) {
	config, err := pgconn.ParseConfig(connString)
	if err != nil {
		return nil, fmt.Errorf("pgpool: %w", err)
	}
	if o.Size < 0 || o.MaxLifetime < 0 || o.MaxIdleTime < 0 {
		return nil, fmt.Errorf("pgpool: size %d, lifetime %v, idle time %v: write 0 for the default, or more", o.Size, o.MaxLifetime, o.MaxIdleTime)
	}
	if o.Name == "" {
		o.Name = "postgres"
	}
	if o.Size == 0 {
		o.Size = max(4, runtime.NumCPU())
	}
	if o.MaxLifetime == 0 {
		o.MaxLifetime = time.Hour
	}
	if o.MaxIdleTime == 0 {
		o.MaxIdleTime = 30 * time.Minute
	}
	p := &Pool{config: config, options: o, drained: make(chan struct{})}
	if !o.PerRequest {
		p.slots = engine.NewResource(o.Name, o.Size)
	}
	return p, nil
}

// Resource returns what tasks hold while they have a connection, whose Stats
// tell how many do and how many wait. It is nil if connections are not pooled.
func (p *Pool) Resource() *engine.Resource { return p.slots }

// Stats is a snapshot of a [Pool].
type Stats struct {
	Open   int    `json:"open"`   // connections now: idle, lent, or being opened
	Idle   int    `json:"idle"`   // of them, idle
	Opened uint64 `json:"opened"` // connections opened so far
}

// Stats returns a snapshot.
func (p *Pool) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return Stats{Open: p.open, Idle: len(p.idle), Opened: p.opened}
}

// Close drains the pool: whoever asks for a connection from now on, or still
// waits for one, gets [ErrClosed]; those that are lent are closed when they
// come back. Close returns when all have, or the error of ctx if it ends
// before. It waits as Go waits: it is for the goroutine that ends the program,
// not for a task.
func (p *Pool) Close(ctx context.Context) error {
	p.mu.Lock()
	idle := p.idle
	p.idle = nil
	already := p.closed
	p.closed = true
	p.forget(len(idle))
	if !already && p.open == 0 && len(idle) == 0 {
		close(p.drained)
	}
	p.mu.Unlock()
	hangUp(idle)
	select {
	case <-p.drained:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("pgpool: close: %w", ctx.Err())
	}
}

// hangUp closes idle connections, of whichever host, which have been forgotten.
// Nothing is written on them, because that is their host's business; the server
// takes the end of an idle connection for a goodbye.
func hangUp(conns []*conn) {
	for _, c := range conns {
		c.raw.Close() //nolint:errcheck // nothing was outstanding
	}
}

// forget counts connections off. p.mu is held.
func (p *Pool) forget(n int) {
	p.open -= n
	if p.closed && p.open == 0 && n > 0 {
		close(p.drained)
	}
}

// gone counts a connection off that is closed, or was never opened.
func (p *Pool) gone() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forget(1)
}

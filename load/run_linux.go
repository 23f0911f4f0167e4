package load

import (
	"context"
	"fmt"
	"net/netip"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/internal/reactor"
)

// Run sends what cfg says and returns when the last request has ended. It
// hands each second to sink (which may be nil), on a goroutine of its own, in
// order; a second and what it points to must not be kept.
//
// Errors are about cfg, or that not one connection could be pre-opened: what
// goes wrong with the service after the start is in the results. Nor is it an
// error if ctx ends then: what was measured is returned, and Summary.End says so.
//
// Requests in flight when the run ends early are [Unfinished]. After the last
// stage they are waited for ([Config.Drain]). A route that answers with more
// than 24 different statuses gets further ones counted by class (404 as 400).
//
// All sending and receiving is on one thread. Give it a processor: GOMAXPROCS
// of at least 2, so that sink and the garbage collector run on another.
func Run(ctx context.Context, cfg Config, sink func(Second)) (Summary, error) {
	cfg, err := cfg.completed()
	if err != nil {
		return Summary{}, err
	}
	plan, err := NewSchedule(cfg.Arrivals, cfg.Stages, cfg.Routes, cfg.Seed)
	if err != nil {
		return Summary{}, err
	}
	addr, host, err := resolve(ctx, cfg.Target)
	if err != nil {
		return Summary{}, err
	}
	templates := make([]template, len(cfg.Routes))
	for i := range cfg.Routes {
		if templates[i], err = newTemplate(&cfg.Routes[i], host, cfg.SeedHeader); err != nil {
			return Summary{}, err
		}
	}
	r, err := reactor.New()
	if err != nil {
		return Summary{}, fmt.Errorf("load: %w", err)
	}
	defer r.Close()

	c := newClient(ctx, r, &cfg, addr, templates, plan)
	c.out = newCollector(&cfg, sink)
	finished := make(chan error, 1)
	go func() {
		// Never unlocked: with this goroutine its thread ends, and the nice value
		// with it.
		runtime.LockOSThread()
		if cfg.Nice != 0 {
			if err := unix.Setpriority(unix.PRIO_PROCESS, 0, cfg.Nice); err != nil {
				c.warn("not-niced", fmt.Sprintf("the sending thread's nice value could not be set to %d: %v", cfg.Nice, err))
			}
		}
		finished <- c.run()
	}()
	if err := <-finished; err != nil {
		return Summary{}, err
	}
	s := c.out.summary(&cfg)
	begin := c.out.begin
	s.Address, s.Start, s.Clock, s.End = begin.Address, begin.At, begin.Clock, c.end
	s.Offered = c.offered
	s.Elapsed = time.Duration(c.ended - c.start)
	s.Errors = c.errors
	s.Warnings = append(c.warnings, s.doubts(&cfg)...)
	return s, nil
}

// readSize takes all but large responses in one read.
const readSize = 64 << 10

// client is a run. Everything in it belongs to the sending thread.
type client struct {
	ctx       context.Context
	r         *reactor.Reactor
	cfg       *Config
	addr      netip.AddrPort
	sockaddr  unix.Sockaddr
	templates []template
	out       *collector

	schedule Schedule
	next     Arrival // due next; its Route and Seed are those of the next request in a closed loop too
	more     bool
	idleUser int // users of the closed loop that have no request

	start   int64 // of the schedule, on the reactor's clock
	ended   int64
	offered time.Duration
	ending  bool // no more arrivals
	over    bool
	end     End

	pool
	flight
	seconds   []*tally // that are not handed out, oldest first
	handed    int      // how many were handed out
	handedOut Counts   // in them

	arrival, sample, expiry, last, pace reactor.Timer
	samples                             int64 // taken

	errors   []string
	warnings []Warning
}

func newClient(ctx context.Context, r *reactor.Reactor, cfg *Config, addr netip.AddrPort, templates []template, plan Schedule) *client {
	c := &client{ctx: ctx, r: r, cfg: cfg, addr: addr, sockaddr: sockaddrOf(addr), templates: templates, schedule: plan}
	c.byAge.which, c.waiting.which = inAge, inWaiting
	c.buf = make([]byte, readSize)
	c.next, c.more = plan.Next()
	c.arrival.Init(c.arrive)
	c.sample.Init(c.observe)
	c.expiry.Init(c.expire)
	c.last.Init(c.stages)
	c.pace.Init(c.pump)
	return c
}

func (c *client) warn(code, text string) { c.warnings = append(c.warnings, Warning{code, text}) }

// run is the whole run, pre-opening included.
func (c *client) run() error {
	defer c.closeAll()
	if err := c.preopen(); err != nil {
		return err
	}
	wall := time.Now()
	c.start = reactor.Clock()
	c.out.begin = Start{At: wall, Clock: c.start, Address: c.addr.String()}
	go c.out.run()
	defer func() {
		close(c.out.in)
		<-c.out.done
	}()

	c.r.Start(&c.last, c.start+int64(c.cfg.Length()))
	c.r.Start(&c.sample, c.start)
	c.idleUser = c.cfg.Closed
	if c.cfg.Closed == 0 && c.more {
		c.r.Start(&c.arrival, c.start+int64(c.next.At))
	}
	c.pump()
	for !c.over {
		if err := c.r.Poll(-1); err != nil {
			c.flush()
			return fmt.Errorf("load: %w", err)
		}
		if c.ending && c.inflight == 0 {
			c.finish(Completed)
		}
	}
	c.flush()
	return nil
}

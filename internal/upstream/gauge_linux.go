package upstream

import (
	"sync"

	hdrhistogram "github.com/HdrHistogram/hdrhistogram-go"

	"github.com/plimsoll-dev/plimsoll/internal/reactor"
)

// maxLatenessUs bounds the histogram: a minute late is as bad as any.
const maxLatenessUs = 60_000_000

// gauge counts what is in flight, now and integrated over time.
type gauge struct {
	now, max int
	seconds  float64
	since    int64 // reactor.Clock of the last change
}

func (g *gauge) add(n int, clock int64) {
	g.advance(clock)
	g.now += n
	g.max = max(g.max, g.now)
}

func (g *gauge) advance(clock int64) {
	g.seconds += float64(g.now) * float64(clock-g.since) / 1e9
	g.since = clock
}

// account counts requests, of one name or of all.
type account struct {
	gauge
	requests, abandoned uint64
	queued              int
}

// accounts is what the serving thread counts and everybody may read.
type accounts struct {
	mu          sync.Mutex // guards everything below, for the time of a few additions
	all         account
	names       map[string]*account
	bad, pauses uint64
	connections int
	lateness    *hdrhistogram.Histogram // µs
	maxLateness int64                   // ns, unrounded
}

func newAccounts() *accounts {
	return &accounts{
		all:   account{gauge: gauge{since: reactor.Clock()}},
		names: make(map[string]*account),
		// Two digits keep it at some 3,000 counts, so that finding a
		// percentile under the lock does not make anything late.
		lateness: hdrhistogram.New(1, maxLatenessUs, 2),
	}
}

// open adds an account for a name.
func (a *accounts) open(name string) *account {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := &account{gauge: gauge{since: reactor.Clock()}}
	a.names[name] = n
	return n
}

// begin counts a request and returns the time, which is when it was received.
func (a *accounts) begin(n *account) (clock int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	clock = reactor.Clock()
	a.all.requests++
	n.requests++
	a.change(n, 1, clock)
	return clock
}

// answered counts the end of a request, which was due at a time.
func (a *accounts) answered(n *account, due int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	clock := reactor.Clock()
	a.change(n, -1, clock)
	late := max(clock-due, 0)
	a.maxLateness = max(a.maxLateness, late)
	// Rounded up to at least 1 µs, the least that the histogram tells from 0.
	// In its range, no value is refused.
	_ = a.lateness.RecordValue(min(max((late+999)/1000, 1), maxLatenessUs))
}

// abandoned counts the end of a request that nobody waits for any more.
func (a *accounts) abandoned(n *account) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all.abandoned++
	n.abandoned++
	a.change(n, -1, reactor.Clock())
}

func (a *accounts) change(n *account, by int, clock int64) {
	a.all.add(by, clock)
	n.add(by, clock)
}

// queued counts n's requests that wait for capacity up or down.
func (a *accounts) queued(n *account, by int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	n.queued += by
}

func (a *accounts) refused() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.bad++
}

func (a *accounts) paused() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pauses++
}

func (a *accounts) connected(by int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.connections += by
}

package vthread

import (
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/carrier"
	"github.com/plimsoll-dev/plimsoll/internal/fiber"
	"github.com/plimsoll-dev/plimsoll/internal/trace"
)

// pinned counts a pin that was long, and says so the first time. It runs on
// the thread that was pinned.
func (t *threads) pinned(p carrier.Pin, d time.Duration) {
	if trace.On() {
		f, now := fiber.Current(), account.Now()
		trace.Add(trace.Event{
			What: trace.Pin, Track: f.Carrier().Track, Strand: f.Strand(),
			Op: p.Op, Verb: p.Verb, From: now - int64(d), To: now,
		})
	}
	if d < t.slow || !t.e.ledger.Stall(p.Op, p.Verb, int64(d)) {
		return
	}
	log.Printf("vthread: %s pinned its carrier for %v (told once for each step; Stats counts them)", describe(p), d.Round(time.Microsecond))
}

// describe names what pins.
func describe(p carrier.Pin) string {
	switch {
	case p.Resource != "":
		return fmt.Sprintf("the wait for %q", p.Resource)
	case p.Verb == 0:
		return "a handler's own code"
	}
	return fmt.Sprintf("%s %q", p.Verb, p.Op)
}

// maxDeadlocks bounds what Stats keeps: an engine meets a deadlock once, and
// again only if somebody else helped it out.
const maxDeadlocks = 100

// deadlocked notes a deadlock and says so.
func (t *threads) deadlocked(d carrier.Deadlock) {
	noted := engine.Deadlock{At: account.Now(), Queued: d.Queued}
	var waits []string
	for _, p := range d.Pins {
		verb := ""
		if p.Verb != 0 {
			verb = p.Verb.String()
		}
		noted.Waits = append(noted.Waits, engine.PinnedWait{Op: p.Op, Verb: verb, Resource: p.Resource})
		waits = append(waits, describe(p))
	}
	t.e.mu.Lock()
	if len(t.e.deadlocks) < maxDeadlocks {
		t.e.deadlocks = append(t.e.deadlocks, noted)
	}
	t.e.mu.Unlock()
	log.Printf("vthread: deadlock: each of the %d carriers is pinned by a virtual thread that waits for another one, and that one waits for a carrier: %s; %d virtual threads are ready and cannot run", len(d.Pins), strings.Join(waits, ", "), d.Queued)
}

package enginetest

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/osthread"
)

// carries is the row about what so many slots carry that a request keeps for so
// long: slots/length, by Little's law. Requests that wait for a gate show that
// it is no less: whoever leaves, the next is let in. Requests that each take
// their time show that it is no more: n of them never take less than their
// rounds. (That they take no longer is for benchmarks: this machine may stall.)
// Behind counts who waits, nil where nobody reads what does: who is on the way
// into a slot too many is not yet in, but no longer behind.
func carries(name, source, config string, slots int, length time.Duration, n int, behind func(engine.Stats) int) modelRow {
	return modelRow{row{name: name, source: source, run: func(t testing.TB, h *harness) {
		const more = 3
		g := newGate(t)
		h.serve(func(_ http.ResponseWriter, r *http.Request) {
			engine.TaskOf(r.Context()).Block("keep", func() error { //nolint:errcheck // nil, or the end
				if r.URL.Path == "/gate" {
					return g.pass()
				}
				osthread.Sleep(length)
				return nil
			})
		})
		t.Cleanup(g.end)
		clients := make([]*client, slots+more)
		for i := range clients {
			clients[i] = h.dial()
			clients[i].send("GET /gate HTTP/1.1\nHost: a\n\n")
		}
		for gone := range more + 1 {
			h.eventually(fmt.Sprintf("%d are in, after %d have gone", slots, gone), func() bool {
				now := h.engine.Stats()
				return int(g.now.Load()) == slots && int(now.Responses) == gone && (behind == nil || behind(now) == more-gone)
			})
			g.open(1)
		}
		g.open(slots - 1)
		for _, c := range clients {
			c.want(http.StatusOK, "")
		}

		began := time.Now()
		var all sync.WaitGroup
		for i, c := range clients {
			all.Go(func() {
				for range share(n, len(clients), i) {
					c.SetDeadline(time.Now().Add(h.patience))
					c.send("GET / HTTP/1.1\nHost: a\n\n")
					c.want(http.StatusOK, "")
				}
			})
		}
		all.Wait()
		if rounds := (n + slots - 1) / slots; time.Since(began) < time.Duration(rounds)*length {
			t.Errorf("%d requests that keep one of %d slots for %v took %v: less than %d rounds", n, slots, length, time.Since(began), rounds)
		}
	}}, config}
}

// share is how many of n the i-th of so many has.
func share(n, of, i int) int {
	if i < n%of {
		return n/of + 1
	}
	return n / of
}

// grows is the row about what becomes of one more request than before: how many
// threads are in read(2) after each.
func grows(name, source, config, outer string, threads ...int) modelRow {
	return modelRow{row{name: name, source: source, run: func(t testing.TB, h *harness) {
		s := newStage(h, len(threads))
		_, l := s.find(outer + "/block")
		for i, c := range s.asks {
			c.send("GET %s HTTP/1.1\nHost: a\n\n", path(outer, "block"))
			h.eventually(fmt.Sprintf("with %d requests %d threads are in read(2), and the others are queued", i+1, threads[i]), func() bool {
				now := s.see(l, false)
				return now.InRead == threads[i] && now.AtOnce == threads[i] && waiting(h.engine.Stats()) == i+1-threads[i]
			})
		}
		l.open(len(s.asks))
		for _, c := range s.asks {
			c.want(http.StatusOK, "<nil>")
		}
	}}, config}
}

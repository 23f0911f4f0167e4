package enginetest

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
)

func overloadRows() []row {
	return []row{
		{name: "where there is not enough for all, nobody starves", source: contract + ", Resource", run: func(t testing.TB, h *harness) {
			const clients, least = 32, 20
			db := engine.NewResource("db", 1)
			h.serve(func(w http.ResponseWriter, r *http.Request) {
				engine.TaskOf(r.Context()).Hold(db, func(t engine.Task) error { t.Sleep(50 * time.Microsecond); return nil }) //nolint:errcheck // nil
			})
			// Each asks again as soon as it is answered, so 31 wait all the time.
			answers := make([]atomic.Int64, clients)
			enough := func() bool {
				return !slices.ContainsFunc(counts(answers), func(n int64) bool { return n < least })
			}
			var all sync.WaitGroup
			var stop atomic.Bool
			for i := range answers {
				c := h.dial()
				all.Go(func() {
					for !stop.Load() {
						if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
							t.Error(err)
							return
						}
						res, err := http.ReadResponse(c.r, nil)
						if err != nil {
							t.Error(err)
							return
						}
						res.Body.Close()
						answers[i].Add(1)
					}
				})
			}
			h.eventually(fmt.Sprintf("each client has %d answers", least), enough)
			stop.Store(true)
			all.Wait()
			// First come, first served: nobody has much more than another.
			if n := counts(answers); slices.Max(n) > 5*slices.Min(n) {
				t.Errorf("answers of each client: %v", n)
			}
		}},
		{name: "heads that come in drops keep nobody out for good", source: "RFC 9110, 15.5.9; the slow-loris attack", limits: engine.Limits{HeaderTimeout: 200 * time.Millisecond}, run: func(t testing.TB, h *harness) {
			h.serve(alive(func(http.ResponseWriter, *http.Request) { t.Error("half a request reached the handler") }))
			const k = 40
			var all sync.WaitGroup
			for range k {
				c := h.dial()
				c.send("GET / HTTP/1.1\nHost: a\nX: ")
				all.Go(func() { dribble(t, c) })
			}
			h.lives()
			all.Wait()
			h.hangUp()
			h.eventually("they are gone", func() bool { return h.engine.Stats().Connections == 0 })
			h.lives()
		}},
	}
}

func counts(of []atomic.Int64) []int64 {
	n := make([]int64, len(of))
	for i := range of {
		n[i] = of[i].Load()
	}
	return n
}

// dribble sends byte after byte until it is answered or cut off. A reset is as
// good: it sends on what the engine has closed.
func dribble(t testing.TB, c *client) {
	end := time.Now().Add(patience)
	for time.Now().Before(end) {
		c.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
		if _, err := c.r.Peek(1); err == nil {
			if res, err := http.ReadResponse(c.r, nil); err == nil && res.StatusCode != http.StatusRequestTimeout {
				t.Errorf("answered %d", res.StatusCode)
			}
			return
		} else if !isTimeout(err) {
			return
		}
		if _, err := c.Write([]byte{'x'}); err != nil {
			return
		}
	}
	t.Error("a head that never ends was put up with")
}

package enginetest

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
)

func nothing(engine.Task) error { return nil }

func wakeRows() []row {
	return []row{
		{name: "a slot given back elsewhere is enough to wake who waits for it", source: contract + ", Parker", run: func(t testing.TB, h *harness) {
			db := engine.NewResource("db", 1)
			h.serve(func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprint(w, engine.TaskOf(r.Context()).Hold(db, nothing))
			})
			outside := engine.TaskOf(context.Background())
			// On one connection, whose deadline is for all turns: whatever else an
			// engine does from time to time makes up for a wake-up or two.
			c := h.dial()
			for range 100 {
				outside.Hold(db, func(engine.Task) error { //nolint:errcheck // nothing's
					c.send("GET / HTTP/1.1\nHost: a\n\n")
					h.eventually("it waits", func() bool { return db.Stats().Waiting == 1 })
					return nil
				})
				// Nothing else happens now on any of the engine's threads.
				c.want(200, "<nil>")
			}
		}},
		{name: "a wake-up that comes before the wait is not lost", source: contract + ", Parker", run: func(t testing.TB, h *harness) {
			const turns = 1000
			db := engine.NewResource("db", 1)
			h.serve(func(w http.ResponseWriter, r *http.Request) {
				task := engine.TaskOf(r.Context())
				for range turns {
					task.Hold(db, nothing) //nolint:errcheck // nothing's
				}
			})
			answered := make(chan struct{})
			ask := sync.OnceFunc(func() { // once the slot is taken, or the handler might never have to wait
				go func() { defer close(answered); h.want("/", 200, "") }()
			})
			// The slot is given back as soon as the handler has lined up for it,
			// which often is before it has come to waiting.
			outside := engine.TaskOf(context.Background())
			ctx, cancel := context.WithTimeout(context.Background(), h.patience)
			defer cancel()
			for ended := false; !ended; {
				err := engine.HoldContext(ctx, outside, db, func(engine.Task) error {
					ask()
					for !ended && db.Stats().Waiting == 0 {
						select {
						case <-answered:
							ended = true
						default:
							runtime.Gosched()
						}
					}
					return nil
				})
				if err != nil {
					t.Fatal("who was given the slot does not go on: ", err)
				}
			}
		}},
		{name: "a sleep that is over before the wait for it begins ends", source: contract + ", Task.Sleep", run: func(t testing.TB, h *harness) {
			h.serve(func(w http.ResponseWriter, r *http.Request) {
				task := engine.TaskOf(r.Context())
				for i := range 1000 {
					task.Sleep(time.Duration(i%20) * time.Microsecond)
				}
			})
			h.together(4, func(int) { h.want("/", 200, "") })
		}},
		{name: "a lock held across an await keeps out those who want it, and nobody else", source: contract + ", Task.Hold", run: func(t testing.TB, h *harness) {
			const k = 8
			lock := engine.NewResource("lock", 1)
			up := h.upstream()
			h.serve(alive(func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprint(w, engine.TaskOf(r.Context()).Hold(lock, func(t engine.Task) error {
					return t.Await("up", func(t engine.Task) error { _, err := up.get(t, "/"); return err })
				}))
			}))
			done := make(chan struct{})
			go func() { defer close(done); h.together(k, func(int) { h.want("/", 200, "<nil>") }) }()
			for waiting := k - 1; waiting >= 0; waiting-- {
				up.holds(1)
				h.eventually("the others want the lock", func() bool { return lock.Stats().Waiting == waiting })
				h.lives()
				up.gate <- struct{}{}
			}
			<-done
		}},
	}
}

package enginetest

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/plimsoll-dev/plimsoll/engine"
)

func holdRows() []row {
	return []row{
		{name: "no more hold a resource than it has slots", source: contract + ", Resource", run: func(t testing.TB, h *harness) {
			const size, requests = 3, 8
			db := engine.NewResource("db", size)
			up := h.upstream()
			h.serve(func(w http.ResponseWriter, r *http.Request) {
				err := engine.TaskOf(r.Context()).Hold(db, func(t engine.Task) error {
					return t.Await("query", func(t engine.Task) error { _, err := up.get(t, "/"); return err })
				})
				fmt.Fprint(w, err)
			})
			done := make(chan struct{})
			go func() { defer close(done); h.together(requests, func(int) { h.want("/", 200, "<nil>") }) }()
			// The upstream sees the size, to the digit, and the rest waits.
			for left := requests; left > size; left-- {
				up.holds(size)
				h.eventually("the others wait", func() bool { return db.Stats().Waiting == left-size })
				up.gate <- struct{}{}
			}
			up.open()
			<-done
			if _, peak, _ := up.gauge(); peak != size {
				t.Errorf("the upstream had %d at once", peak)
			}
			if s := db.Stats(); s.InUse != 0 || s.Waiting != 0 || s.Acquired != requests {
				t.Errorf("%+v", s)
			}
		}},
		{name: "who waits longest for a slot gets it", source: contract + ", Resource", run: func(t testing.TB, h *harness) {
			db := engine.NewResource("db", 1)
			up := h.upstream()
			var mu sync.Mutex
			var order []string
			h.serve(func(w http.ResponseWriter, r *http.Request) {
				engine.TaskOf(r.Context()).Hold(db, func(t engine.Task) error {
					mu.Lock()
					order = append(order, r.URL.Path)
					mu.Unlock()
					return t.Await("query", func(t engine.Task) error { _, err := up.get(t, "/"); return err })
				})
			})
			var all sync.WaitGroup
			var want []string
			for i := range 8 {
				path := fmt.Sprint("/", i)
				want = append(want, path)
				all.Go(func() { h.want(path, 200, "") })
				h.eventually("it holds or waits", func() bool { s := db.Stats(); return s.InUse+s.Waiting == i+1 })
			}
			up.open()
			all.Wait()
			mu.Lock()
			defer mu.Unlock()
			if !slices.Equal(order, want) {
				t.Errorf("served in the order %v", order)
			}
		}},
		{name: "a panic gives the slot back", source: contract + ", Task.Hold", run: func(t testing.TB, h *harness) {
			db := engine.NewResource("db", 1)
			h.serve(alive(func(w http.ResponseWriter, r *http.Request) {
				engine.TaskOf(r.Context()).Hold(db, func(t engine.Task) error {
					if r.URL.Path == "/panic" {
						panic("boom")
					}
					fmt.Fprint(w, "held")
					return nil
				})
			}))
			h.together(8, func(i int) {
				if i%2 == 0 {
					h.get("/panic")
					return
				}
				h.want("/", 200, "held")
			})
			h.want("/", 200, "held")
			if s := db.Stats(); s.InUse != 0 || s.Waiting != 0 {
				t.Errorf("%+v", s)
			}
		}},
	}
}

package enginetest

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/model"
)

func accountRows() []row {
	return []row{
		{name: "the gauges show what is in flight", source: contract + ", Stats", run: func(t testing.TB, h *harness) {
			const k = 4
			up := h.upstream()
			h.serve(func(w http.ResponseWriter, r *http.Request) {
				engine.TaskOf(r.Context()).Await("up", func(t engine.Task) error { _, err := up.get(t, "/"); return err })
			})
			done := make(chan struct{})
			go func() { defer close(done); h.together(k, func(int) { h.want("/", 200, "") }) }()
			up.holds(k)
			if s := h.engine.Stats(); s.InFlight != k || s.Connections != k || s.Accepted != k || s.Requests != k || s.Responses != 0 || s.Threads < 1 || s.Busy > s.Threads {
				t.Errorf("with %d in flight: %+v", k, s)
			}
			up.open()
			<-done
			h.eventually("nothing is in flight", func() bool { s := h.engine.Stats(); return s.InFlight == 0 && s.Responses == k })
		}},
		{name: "the accounts add up", source: contract + ", Stats", run: func(t testing.TB, h *harness) {
			const n, wait = 10, 5 * time.Millisecond
			db := engine.NewResource("db", 1)
			var handled atomic.Int64 // nanoseconds
			h.serve(func(w http.ResponseWriter, r *http.Request) {
				began := time.Now()
				task := engine.TaskOf(r.Context())
				task.Await("payment", func(t engine.Task) error { t.Sleep(wait); return nil })
				task.Hold(db, func(t engine.Task) error {
					return t.Call("query", func(t engine.Task) error { t.Sleep(wait); return nil })
				})
				task.Block("scan", func() error { time.Sleep(wait); return nil })
				task.Compute("render", func() { fmt.Fprint(w, "done") })
				handled.Add(int64(time.Since(began)))
			})
			began := time.Now()
			c := h.dial()
			for range n {
				c.send("GET / HTTP/1.1\nHost: a\n\n")
				c.want(200, "done")
			}
			h.stop()
			total := time.Since(began)
			s := h.engine.Stats()
			if s.Requests != n || s.Responses != n || s.Accepted != 1 || s.Rejected != 0 || s.Panics != 0 {
				t.Errorf("%+v", s)
			}
			var residence time.Duration
			for _, ns := range s.Residence {
				if ns < 0 {
					t.Errorf("negative time: %v", s.Residence)
				}
				residence += time.Duration(ns)
			}
			inHandlers := time.Duration(handled.Load())
			if residence < inHandlers || residence > total {
				t.Errorf("residence %v is not between the time in handlers, %v, and all of the time, %v", residence, inHandlers, total)
			}
			// Sleep is an await, wherever it stands; block is where the engine was told so.
			if waited := s.Residence[model.Awaiting] + s.Residence[model.Calling]; waited < int64(2*n*wait) {
				t.Errorf("awaiting and calling: %v", time.Duration(waited))
			}
			if blocked := s.Residence[model.Blocked]; blocked < int64(n*wait) {
				t.Errorf("blocked: %v", time.Duration(blocked))
			}
			want := map[string]string{"payment": "await", "query": "call", "db": "hold", "scan": "block", "render": "compute"}
			for _, o := range s.Ops {
				if want[o.Op] != o.Verb || o.Count != n || o.Verb != "compute" && o.Nanos < int64(n*wait) {
					t.Errorf("%+v", o)
				}
				delete(want, o.Op)
			}
			if len(want) != 0 {
				t.Errorf("not accounted: %v", want)
			}
		}},
	}
}

package enginetest

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/plimsoll-dev/plimsoll/engine"
)

func allRows() []row {
	return []row{
		{name: "All's functions wait at the same time", source: contract + ", Task.All", run: func(t testing.TB, h *harness) {
			const k = 5
			up := h.upstream()
			h.serve(func(w http.ResponseWriter, r *http.Request) {
				got := make([]string, k)
				branches := make([]func(engine.Task) error, k)
				for i := range branches {
					branches[i] = func(t engine.Task) error {
						verb := t.Await
						if r.URL.Path == "/call" {
							verb = t.Call
						}
						return verb("up", func(t engine.Task) (err error) {
							got[i], err = up.get(t, fmt.Sprint("/", i))
							return err
						})
					}
				}
				err := engine.TaskOf(r.Context()).All("fan-out", branches...)
				fmt.Fprint(w, got, err)
			})
			done := make(chan struct{})
			go func() { defer close(done); h.want("/await", 200, "[up/0 up/1 up/2 up/3 up/4] <nil>") }()
			up.holds(k) // it never gets there if they wait one after another
			up.open()
			<-done
		}},
		{name: "All joins the errors in order, and waits for all", source: contract + ", Task.All", run: func(t testing.TB, h *harness) {
			up := h.upstream()
			up.open()
			h.serve(func(w http.ResponseWriter, r *http.Request) {
				ended := make([]bool, 3)
				branch := func(i int, err error) func(engine.Task) error {
					return func(t engine.Task) error {
						defer func() { ended[i] = true }()
						if _, e := up.get(t, "/"); e != nil {
							return e
						}
						return err
					}
				}
				err := engine.TaskOf(r.Context()).All("x",
					branch(0, errors.New("first")), branch(1, nil), branch(2, errors.New("third")))
				fmt.Fprintf(w, "%q %v", err, ended)
			})
			h.together(8, func(int) { h.want("/", 200, `"first\nthird" [true true true]`) })
		}},
		{name: "a panic in a function of All is the handler's, after all have ended", source: contract + ", Task.All", run: func(t testing.TB, h *harness) {
			up := h.upstream()
			ended := make(chan struct{}, 10)
			h.serve(alive(func(w http.ResponseWriter, r *http.Request) {
				defer func() {
					if _, ok := recover().(*engine.BranchPanic); !ok {
						t.Error("the handler did not get the panic")
					}
					fmt.Fprint(w, len(ended))
				}()
				engine.TaskOf(r.Context()).All("x",
					func(engine.Task) error { return nil },
					func(engine.Task) error { panic("boom") },
					func(t engine.Task) error { // an await: on a loop, anything else would keep the harness out, too
						defer func() { ended <- struct{}{} }()
						return t.Await("up", func(t engine.Task) error { _, err := up.get(t, "/"); return err })
					})
			}))
			done := make(chan struct{})
			go func() { defer close(done); h.want("/", 200, "1") }()
			up.holds(1)
			h.lives() // while it waits for the third
			up.open()
			<-done
		}},
		{name: "All inside All", source: contract + ", Task.All", run: func(t testing.TB, h *harness) {
			const k = 3
			up := h.upstream()
			h.serve(func(w http.ResponseWriter, r *http.Request) {
				leaf := func(t engine.Task) error {
					return t.Await("up", func(t engine.Task) error { _, err := up.get(t, "/"); return err })
				}
				fork := func(t engine.Task) error { return t.All("inner", leaf, leaf, leaf) }
				fmt.Fprint(w, engine.TaskOf(r.Context()).All("outer", fork, fork, fork))
			})
			done := make(chan struct{})
			go func() { defer close(done); h.want("/", 200, "<nil>") }()
			up.holds(k * k)
			up.open()
			<-done
		}},
	}
}

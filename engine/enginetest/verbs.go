package enginetest

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
)

// A verb runs f, with the task to use inside it.
type verb struct {
	name string
	run  func(r *http.Request, t engine.Task, f func(engine.Task) error) error
}

// verbs are the ways to nest. compute and block give no task: what runs inside
// them takes one from the context, wherever it runs.
func verbs(pool *engine.Resource) []verb {
	return []verb{
		{"await", func(_ *http.Request, t engine.Task, f func(engine.Task) error) error { return t.Await("outer", f) }},
		{"call", func(_ *http.Request, t engine.Task, f func(engine.Task) error) error { return t.Call("outer", f) }},
		{"compute", func(r *http.Request, t engine.Task, f func(engine.Task) error) (err error) {
			t.Compute("outer", func() { err = f(engine.TaskOf(r.Context())) })
			return err
		}},
		{"block", func(r *http.Request, t engine.Task, f func(engine.Task) error) error {
			return t.Block("outer", func() error { return f(engine.TaskOf(r.Context())) })
		}},
		{"hold", func(_ *http.Request, t engine.Task, f func(engine.Task) error) error { return t.Hold(pool, f) }},
		{"all", func(_ *http.Request, t engine.Task, f func(engine.Task) error) error {
			return t.All("outer", func(engine.Task) error { return nil }, f)
		}},
	}
}

func verbRows() []row {
	return []row{
		{name: "every verb works inside every other", source: contract + ", Task", run: func(t testing.TB, h *harness) {
			up := h.upstream()
			up.open()
			// An own resource for each level, or a hold in a hold could wait for itself.
			outer, inner := verbs(engine.NewResource("outer", 4)), verbs(engine.NewResource("inner", 4))
			h.serve(func(w http.ResponseWriter, r *http.Request) {
				var i, j int
				fmt.Sscanf(r.URL.Path, "/%d/%d", &i, &j)
				var body string
				err := outer[i].run(r, engine.TaskOf(r.Context()), func(t engine.Task) error {
					return inner[j].run(r, t, func(t engine.Task) (err error) {
						t.Sleep(time.Microsecond)
						body, err = up.get(t, r.URL.Path)
						return err
					})
				})
				fmt.Fprint(w, body, err)
			})
			h.together(len(outer)*len(inner), func(n int) {
				i, j := n/len(inner), n%len(inner)
				path := fmt.Sprintf("/%d/%d", i, j)
				for range 3 {
					if status, body, err := h.get(path); status != 200 || body != "up"+path+"<nil>" || err != nil {
						t.Errorf("%s in %s: %d %q %v", inner[j].name, outer[i].name, status, body, err)
					}
				}
			})
		}},
		{name: "an error comes out of every verb as it is", source: contract + ", Task", run: func(t testing.TB, h *harness) {
			mine := errors.New("mine")
			table := verbs(engine.NewResource("db", 1))
			h.serve(func(w http.ResponseWriter, r *http.Request) {
				for _, v := range table {
					if err := v.run(r, engine.TaskOf(r.Context()), func(engine.Task) error { return mine }); !errors.Is(err, mine) {
						t.Errorf("%s: %v", v.name, err)
					}
				}
			})
			h.want("/", 200, "")
		}},
		{name: "a panic comes out of every verb", source: contract + ", Task", run: func(t testing.TB, h *harness) {
			table := verbs(engine.NewResource("db", 1))
			h.serve(alive(func(w http.ResponseWriter, r *http.Request) {
				var caught []string
				for _, v := range table {
					func() {
						defer func() {
							if p := recover(); strings.Contains(fmt.Sprint(p), "boom") {
								caught = append(caught, v.name)
							}
						}()
						v.run(r, engine.TaskOf(r.Context()), func(engine.Task) error { panic("boom") })
					}()
				}
				fmt.Fprint(w, caught)
			}))
			for range 2 { // the second time over, on what the first has left
				h.want("/", 200, "[await call compute block hold all]")
			}
			h.lives()
		}},
		{name: "a panic inside a verb is answered 500, and the engine lives", source: contract + ", Task", run: func(t testing.TB, h *harness) {
			table := verbs(engine.NewResource("db", 1))
			h.serve(alive(func(w http.ResponseWriter, r *http.Request) {
				var i int
				fmt.Sscanf(r.URL.Path, "/%d", &i)
				table[i].run(r, engine.TaskOf(r.Context()), func(engine.Task) error { panic("boom") })
			}))
			for i, v := range table {
				c := h.dial() // of its own: http.Client would ask twice
				c.send("GET /%d HTTP/1.1\nHost: a\n\n", i)
				if res, _ := c.answer(http.MethodGet); res.StatusCode != 500 {
					t.Errorf("%s: %d", v.name, res.StatusCode)
				}
				h.lives()
			}
			h.stop()
			if s := h.engine.Stats(); int(s.Panics) != len(table) {
				t.Errorf("%d panics", s.Panics)
			}
		}},
	}
}

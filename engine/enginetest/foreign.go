package enginetest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/plimsoll-dev/plimsoll/engine"
)

// What ordinary Go does to a task: it starts goroutines that never heard of
// it.
func foreignRows() []row {
	return []row{
		{name: "inside http.TimeoutHandler a task waits as Go waits", source: contract + ", TaskOf", run: func(t testing.TB, h *harness) {
			up := h.upstream()
			up.open()
			inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				task := engine.TaskOf(r.Context()) // on TimeoutHandler's goroutine
				err := task.Await("up", func(task engine.Task) error {
					body, err := up.get(task, "/timeout")
					fmt.Fprint(w, body)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
			h.serve(http.TimeoutHandler(inner, patience, "late").ServeHTTP)
			h.together(8, func(int) { h.want("/", 200, "up/timeout") })
		}},
		{name: "http.TimeoutHandler's time-out is answered while the handler goes on", source: netHTTP + ", TimeoutHandler", run: func(t testing.TB, h *harness) {
			up := h.upstream()
			errs, answered := make(chan error, 1), make(chan struct{})
			inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				errs <- engine.TaskOf(r.Context()).Await("up", func(task engine.Task) error {
					req, _ := http.NewRequestWithContext(r.Context(), "GET", "http://"+up.address+"/", nil)
					_, err := h.calls.Do(task, req)
					return err
				})
				<-answered // or both would be ready at once
			})
			h.serve(alive(http.TimeoutHandler(inner, 30*time.Millisecond, "late").ServeHTTP))
			h.want("/", 503, "late")
			close(answered)
			if err := <-errs; !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the call ended with %v", err)
			}
			h.lives()
		}},
		{name: "a task on a goroutine that is not its own says so", source: contract + ", ErrForeignGoroutine", run: func(t testing.TB, h *harness) {
			db := engine.NewResource("db", 1)
			up := h.upstream()
			up.open()
			h.serve(alive(func(w http.ResponseWriter, r *http.Request) {
				task := engine.TaskOf(r.Context())
				ran := func(engine.Task) error { t.Error("it ran on a foreign goroutine"); return nil }
				verbs := []func() error{
					func() error { return task.Await("x", ran) },
					func() error { return task.Call("x", ran) },
					func() error { return task.Block("x", func() error { return ran(nil) }) },
					func() error { return task.Hold(db, ran) },
					func() error { return task.All("x", ran, ran) },
					func() error { _, err := task.Dial(r.Context(), "tcp", up.address); return err },
				}
				// The handler's own goroutine waits for the others, as errgroup does.
				var g errgroup.Group
				for i, verb := range verbs {
					g.Go(func() error {
						if err := verb(); !errors.Is(err, engine.ErrForeignGoroutine) {
							t.Errorf("verb %d: %v", i, err)
						}
						task.Sleep(time.Microsecond) // plain Go
						computed := false
						task.Compute("x", func() { computed = true })
						if !computed {
							t.Error("nothing was computed")
						}
						return nil
					})
				}
				g.Wait()
				// And the task is as good as before.
				if err := task.Await("x", func(task engine.Task) error { _, err := up.get(task, "/"); return err }); err != nil {
					t.Error(err)
				}
				fmt.Fprint(w, "done")
			}))
			h.together(8, func(int) { h.want("/", 200, "done") })
			h.lives()
		}},
		{name: "a goroutine that a handler starts takes its own task", source: contract + ", TaskOf", run: func(t testing.TB, h *harness) {
			up := h.upstream()
			up.open()
			h.serve(func(w http.ResponseWriter, r *http.Request) {
				g, ctx := errgroup.WithContext(r.Context())
				got := make([]string, 3)
				for i := range got {
					g.Go(func() error {
						return engine.TaskOf(ctx).Call("up", func(task engine.Task) (err error) {
							got[i], err = up.get(task, fmt.Sprint("/", i))
							return err
						})
					})
				}
				if err := g.Wait(); err != nil {
					t.Error(err)
				}
				fmt.Fprint(w, got)
			})
			h.together(8, func(int) { h.want("/", 200, "[up/0 up/1 up/2]") })
		}},
		{name: "a task that outlives its request is refused", source: contract + ", Task", run: func(t testing.TB, h *harness) {
			tasks := make(chan engine.Task, 1)
			h.serve(func(w http.ResponseWriter, r *http.Request) { tasks <- engine.TaskOf(r.Context()) })
			h.want("/", 200, "")
			if err := (<-tasks).Await("late", func(engine.Task) error { return nil }); !errors.Is(err, engine.ErrForeignGoroutine) {
				t.Errorf("got %v", err)
			}
		}},
		{name: "httputil.ReverseProxy passes everything on", source: netHTTP + "/httputil", run: func(t testing.TB, h *harness) {
			backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/breaks" {
					fmt.Fprint(w, "part")
					w.(http.Flusher).Flush()
					panic(http.ErrAbortHandler)
				}
				echo(w, r)
			}))
			t.Cleanup(backend.Close)
			target, err := url.Parse(backend.URL)
			if err != nil {
				t.Fatal(err)
			}
			transport := &http.Transport{}
			t.Cleanup(transport.CloseIdleConnections)
			proxy := httputil.NewSingleHostReverseProxy(target)
			proxy.Transport = transport
			h.serve(proxy.ServeHTTP)
			h.together(8, func(i int) {
				sent := strings.Repeat(fmt.Sprint(i, "."), 20_000)
				res, err := h.http.Post("http://"+h.address+"/a", "text/plain", strings.NewReader(sent))
				if err != nil {
					t.Error(err)
					return
				}
				defer res.Body.Close()
				if got, err := readAll(res.Body); err != nil || got != "POST /a "+sent {
					t.Errorf("%d bytes came back, %v", len(got), err)
				}
			})
			// What broke off behind the proxy breaks off in front of it.
			if _, body, err := h.get("/breaks"); body != "part" || err == nil {
				t.Errorf("%q, %v", body, err)
			}
		}},
	}
}

// together runs f k times at once and waits.
func (h *harness) together(k int, f func(i int)) {
	var g errgroup.Group
	for i := range k {
		g.Go(func() error { f(i); return nil })
	}
	g.Wait()
}

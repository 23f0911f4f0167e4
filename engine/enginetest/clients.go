package enginetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func clientRows() []row {
	return []row{
		{name: "the context ends when the client goes away", source: netHTTP + ", Request.Context", run: func(t testing.TB, h *harness) {
			started, ended := make(chan struct{}), make(chan error)
			h.serve(alive(func(w http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body)
				ctx := r.Context()
				if r.URL.Path == "/derived" {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, time.Hour)
					defer cancel()
				}
				started <- struct{}{}
				if r.URL.Path == "/polled" {
					for ctx.Err() == nil {
						time.Sleep(time.Millisecond)
					}
				}
				<-ctx.Done()
				ended <- ctx.Err()
			}))
			for _, path := range []string{"/plain", "/derived", "/polled"} {
				for _, leave := range []func(*client){
					func(c *client) { c.Close() },
					func(c *client) { c.SetLinger(0); c.Close() }, // by a reset
				} {
					c := h.dial()
					c.send("POST %s HTTP/1.1\nHost: a\nContent-Length: 3\n\nabc", path)
					<-started
					leave(c)
					select {
					case err := <-ended:
						if !errors.Is(err, context.Canceled) {
							t.Errorf("%s: %v", path, err)
						}
					case <-time.After(patience):
						t.Fatalf("%s: the handler was not told", path)
					}
				}
			}
			h.lives()
		}},
		{name: "the context lasts as long as the request, and no longer", source: netHTTP + ", Request.Context", run: func(t testing.TB, h *harness) {
			contexts := make(chan context.Context, 10)
			h.serve(func(w http.ResponseWriter, r *http.Request) {
				if r.Context().Value(http.ServerContextKey) == nil || r.Context().Value(http.LocalAddrContextKey) == nil {
					t.Error("the context does not tell the server and its address")
				}
				if r.URL.Path == "/looked" {
					r.Context().Done()
				}
				contexts <- r.Context()
				if err := r.Context().Err(); err != nil {
					t.Errorf("while the handler runs: %v", err)
				}
			})
			c := h.dial()
			for _, path := range []string{"/looked", "/not", "/looked"} {
				c.send("GET %s HTTP/1.1\nHost: a\n\n", path)
				c.want(200, "")
				ctx := <-contexts
				h.eventually("the context has ended", func() bool { return errors.Is(ctx.Err(), context.Canceled) })
				<-ctx.Done()
			}
		}},
		{name: "a client that leaves in the middle of a request harms nobody", source: contract, run: func(t testing.TB, h *harness) {
			broken := make(chan error, 10)
			h.serve(alive(func(w http.ResponseWriter, r *http.Request) {
				_, err := io.ReadAll(r.Body)
				broken <- err
			}))
			for _, part := range []string{"G", "GET / HTTP/1.1\nHost:", "POST / HTTP/1.1\nHost: a\nContent-Length: 9\n\nhalf", "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n9\nhalf"} {
				c := h.dial()
				c.send("%s", part)
				c.Close()
			}
			for range 2 { // of the four reach the handler
				if err := <-broken; !errors.Is(err, io.ErrUnexpectedEOF) && !isReset(err) {
					t.Errorf("the handler read %v", err)
				}
			}
			h.lives()
			h.http.CloseIdleConnections()
			h.eventually("their connections are closed", func() bool { return h.engine.Stats().Connections == 0 })
		}},
		{name: "a panic is answered 500, and the engine lives", source: contract, run: func(t testing.TB, h *harness) {
			h.serve(alive(func(http.ResponseWriter, *http.Request) { panic("boom") }))
			c := h.dial()
			c.send("GET / HTTP/1.1\nHost: a\n\n")
			if res, _ := c.answer(http.MethodGet); res.StatusCode != 500 {
				t.Errorf("answered %d", res.StatusCode)
			}
			h.lives()
			h.stop()
			if s := h.engine.Stats(); s.Panics != 1 || s.Requests != 2 || s.Responses != 2 {
				t.Errorf("%+v", s)
			}
		}},
		{name: "an answer that breaks off does not look complete", source: netHTTP + ", ErrAbortHandler", run: func(t testing.TB, h *harness) {
			h.serve(alive(func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprint(w, "part")
				w.(http.Flusher).Flush()
				if r.URL.Path == "/abort" {
					panic(http.ErrAbortHandler)
				}
				panic("boom")
			}))
			for _, path := range []string{"/abort", "/boom"} {
				c := h.dial()
				c.send("GET %s HTTP/1.1\nHost: a\n\n", path)
				if body, err := readAll(c.head(http.MethodGet).Body); body != "part" || err == nil {
					t.Errorf("%s: %q, %v", path, body, err)
				}
			}
			h.lives()
			h.stop()
			if s := h.engine.Stats(); s.Panics != 1 || s.Requests != 3 || s.Responses != 1 {
				t.Errorf("an abort is no panic, and neither is an answer: %+v", s)
			}
		}},
		{name: "a client that does not read its answer keeps nobody else waiting", source: contract, run: func(t testing.TB, h *harness) {
			large := pattern(16 << 20) // more than socket buffers hold
			h.serve(alive(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, large) }))
			slow := h.dial()
			slow.SetReadBuffer(64 << 10) // and does not grow from there
			slow.send("GET / HTTP/1.1\nHost: a\n\n")
			h.eventually("the slow one is in flight", func() bool { return h.engine.Stats().InFlight == 1 })
			for range 20 {
				h.lives()
			}
			// The last of the others may still be on its way out.
			h.eventually("only the slow one is in flight, still", func() bool { return h.engine.Stats().InFlight == 1 })
			slow.want(200, large)
		}},
		// keepAlive: also on a machine that takes long to open them.
		{name: "a thousand idle connections keep nobody from being served", source: contract, keepAlive: time.Hour, run: func(t testing.TB, h *harness) {
			h.serve(alive(echo))
			const n = 1000
			clients := make([]*client, n)
			for i := range clients {
				clients[i] = h.dial()
				clients[i].send("GET /%d HTTP/1.1\nHost: a\n\n", i)
				clients[i].want(200, fmt.Sprintf("GET /%d ", i))
			}
			if s := h.engine.Stats(); s.Connections != n || s.Accepted != n {
				t.Errorf("%d connections, %d accepted", s.Connections, s.Accepted)
			}
			for range 20 {
				h.lives()
			}
			for i := range clients { // and each is still good
				clients[i].send("POST /%d HTTP/1.1\nHost: a\nContent-Length: 1\n\nx", i)
				clients[i].want(200, fmt.Sprintf("POST /%d x", i))
			}
		}},
		{name: "many clients at once get their own answers", source: contract, run: func(t testing.TB, h *harness) {
			h.serve(echo)
			errs := make(chan error)
			const clients, requests = 20, 50
			for i := range clients {
				go func() {
					var err error
					for j := 0; j < requests && err == nil; j++ {
						sent := strings.Repeat(fmt.Sprint(i, ".", j, ";"), 1+j*20)
						var res *http.Response
						if res, err = h.http.Post("http://"+h.address+"/x", "text/plain", strings.NewReader(sent)); err != nil {
							break
						}
						got, e := readAll(res.Body)
						res.Body.Close()
						if err = e; err == nil && got != "POST /x "+sent {
							err = fmt.Errorf("got %.40q for %.40q", got, sent)
						}
					}
					errs <- err
				}()
			}
			for range clients {
				if err := <-errs; err != nil {
					t.Error(err)
				}
			}
		}},
	}
}

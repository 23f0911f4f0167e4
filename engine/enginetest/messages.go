package enginetest

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
)

func messageRows() []row {
	return []row{
		{name: "net/http's mux serves", source: netHTTP, run: func(t testing.TB, h *harness) {
			mux := http.NewServeMux()
			mux.HandleFunc("GET /users/{id}", func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprintf(w, "%s %s %s", r.PathValue("id"), r.Host, r.FormValue("q"))
			})
			h.serve(mux.ServeHTTP)
			h.want("/users/42?q=a+b", 200, "42 "+h.address+" a b")
			h.want("/nowhere", 404, "404 page not found\n")
		}},
		{name: "chi serves", source: "chi's documentation", run: func(t testing.TB, h *harness) {
			mux := chi.NewRouter()
			mux.Route("/users", func(r chi.Router) {
				r.Use(func(next http.Handler) http.Handler {
					return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						w.Header().Set("X-Middleware", "yes")
						next.ServeHTTP(w, r)
					})
				})
				r.Get("/{id}", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, chi.URLParam(r, "id")) })
			})
			h.serve(mux.ServeHTTP)
			res, err := h.http.Get("http://" + h.address + "/users/42")
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			if body, _ := readAll(res.Body); body != "42" || res.Header.Get("X-Middleware") != "yes" {
				t.Errorf("%q %v", body, res.Header)
			}
		}},
		{name: "requests on a kept connection share it", source: rfc9112 + ", 9.3", run: func(t testing.TB, h *harness) {
			h.serve(echo)
			c := h.dial()
			for i := range 5 {
				c.send("POST /%d HTTP/1.1\nHost: a\nContent-Length: 3\n\nabc", i)
				c.want(200, fmt.Sprintf("POST /%d abc", i))
			}
			c.send("GET /last HTTP/1.1\nHost: a\nConnection: close\n\n")
			if res := c.want(200, "GET /last "); !res.Close {
				t.Error("the last answer does not say that it is")
			}
			c.wantEnd()
		}},
		{name: "HTTP/1.0 closes unless it asks to keep", source: rfc9112 + ", 9.3", run: func(t testing.TB, h *harness) {
			h.serve(echo)
			c := h.dial()
			c.send("GET /kept HTTP/1.0\nConnection: keep-alive\n\n")
			c.want(200, "GET /kept ")
			c.send("GET /last HTTP/1.0\n\n")
			c.want(200, "GET /last ")
			c.wantEnd()
		}},
		{name: "pipelined requests are answered in order", source: rfc9112 + ", 9.3.2", run: func(t testing.TB, h *harness) {
			h.serve(echo)
			c := h.dial()
			const n = 50
			var all strings.Builder
			for i := range n {
				body := strings.Repeat("x", i*10)
				fmt.Fprintf(&all, "PUT /%d HTTP/1.1\nHost: a\nContent-Length: %d\n\n%s", i, len(body), body)
			}
			c.send("%s", all.String())
			for i := range n {
				c.want(200, fmt.Sprintf("PUT /%d %s", i, strings.Repeat("x", i*10)))
			}
		}},
		{name: "HEAD is answered like GET, without the body", source: rfc9110 + ", 9.3.2", run: func(t testing.TB, h *harness) {
			h.serve(echo)
			c := h.dial()
			c.send("HEAD /a HTTP/1.1\nHost: a\n\nGET /b HTTP/1.1\nHost: a\n\n")
			if res, body := c.answer(http.MethodHead); body != "" || res.ContentLength != int64(len("HEAD /a ")) {
				t.Errorf("%q, Content-Length %d", body, res.ContentLength)
			}
			c.want(200, "GET /b ")
		}},
		{name: "chunks come in and go out", source: rfc9112 + ", 7.1", run: func(t testing.TB, h *harness) {
			h.serve(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Trailer", "X-Sum")
				n, err := io.Copy(w, r.Body)
				w.(http.Flusher).Flush()
				w.Header().Set("X-Sum", fmt.Sprint(n, r.Trailer.Get("X-Sum"), err))
			})
			c := h.dial()
			for range 2 {
				c.send("POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\nTrailer: X-Sum\n\n4\nwiki\n5\npedia\n0\nX-Sum: !\n\n")
				res, body := c.answer(http.MethodPost)
				if body != "wikipedia" || res.Trailer.Get("X-Sum") != "9!<nil>" || len(res.TransferEncoding) != 1 {
					t.Errorf("%q, trailer %v, coding %v", body, res.Trailer, res.TransferEncoding)
				}
			}
		}},
		{name: "100 Continue is sent when the body is read, and not before", source: rfc9110 + ", 10.1.1", run: func(t testing.TB, h *harness) {
			read := make(chan bool)
			h.serve(func(w http.ResponseWriter, r *http.Request) {
				if <-read {
					echo(w, r)
					return
				}
				http.Error(w, "no", http.StatusForbidden)
			})
			const head = "POST /a HTTP/1.1\nHost: a\nContent-Length: 3\nExpect: 100-continue\n\n"
			c := h.dial()
			c.send(head)
			read <- true
			if res := c.head(http.MethodPost); res.StatusCode != 100 {
				t.Fatalf("answered %d", res.StatusCode)
			}
			c.send("abc")
			c.want(200, "POST /a abc")
			c.send(head)
			read <- false
			c.want(403, "no\n")
		}},
		{name: "megabytes pass both ways unharmed", source: contract, run: func(t testing.TB, h *harness) {
			h.serve(func(w http.ResponseWriter, r *http.Request) {
				b, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				w.Write(b)
			})
			sent := pattern(4 << 20)
			res, err := h.http.Post("http://"+h.address, "text/plain", strings.NewReader(sent))
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			if got, err := readAll(res.Body); err != nil || got != sent {
				t.Errorf("%d of %d bytes came back, %v", len(got), len(sent), err)
			}
		}},
	}
}

// echo answers with the method, path and body of the request.
func echo(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	fmt.Fprintf(w, "%s %s %s", r.Method, r.URL.Path, b)
}

// pattern is text in which a lost or doubled piece shows: its period is no
// power of two, and no buffer's size.
func pattern(n int) string {
	const period = 9973
	var b strings.Builder
	for i := 0; b.Len() < period; i++ {
		fmt.Fprintf(&b, "%d,", i)
	}
	return strings.Repeat(b.String(), n/period+1)[:n]
}

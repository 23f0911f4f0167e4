package enginetest

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
)

func refusalRows() []row {
	return []row{
		{name: "a malformed request is answered 400, and the connection closed", source: rfc9112 + ", 2.2, 3, 5.1, 6.3", run: func(t testing.TB, h *harness) {
			h.serve(alive(func(w http.ResponseWriter, r *http.Request) {
				if _, err := io.ReadAll(r.Body); err != nil {
					http.Error(w, "bad body", http.StatusBadRequest)
					return
				}
				t.Errorf("%s %s reached the handler", r.Method, r.RequestURI)
			}))
			for name, request := range map[string]string{
				"no HTTP":                     "\x16\x03\x01\x02\x00\x01\n\n",
				"a space in the target":       "GET /a b HTTP/1.1\nHost: a\n\n",
				"no Host":                     "GET / HTTP/1.1\n\n",
				"two Hosts":                   "GET / HTTP/1.1\nHost: a\nHost: b\n\n",
				"a space before the colon":    "GET / HTTP/1.1\nHost : a\n\n",
				"conflicting lengths":         "POST / HTTP/1.1\nHost: a\nContent-Length: 1\nContent-Length: 2\n\nab",
				"a length that is no number":  "POST / HTTP/1.1\nHost: a\nContent-Length: 1a\n\nab",
				"a chunk size that is no hex": "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\nxyz\nabc\n0\n\n",
			} {
				t.Log(name) // shown if the row fails
				c := h.dial()
				c.send("%s", request)
				if res, _ := c.answer(http.MethodPost); res.StatusCode != 400 || !res.Close {
					t.Errorf("answered %d, close %t", res.StatusCode, res.Close)
				}
				c.wantEnd()
			}
			h.lives()
		}},
		{name: "a head that is too long is answered 431", source: "RFC 6585, 5", limits: engine.Limits{Head: 4 << 10}, run: func(t testing.TB, h *harness) {
			h.serve(alive(func(http.ResponseWriter, *http.Request) { t.Error("it reached the handler") }))
			c := h.dial()
			c.send("GET / HTTP/1.1\nHost: a\nX: %s\n\n", strings.Repeat("x", 16<<10))
			if res, _ := c.answer(http.MethodGet); res.StatusCode != 431 || !res.Close {
				t.Errorf("answered %d, close %t", res.StatusCode, res.Close)
			}
			c.wantEnd()
			h.lives()
		}},
		{name: "a body that is too long is refused", source: rfc9110 + ", 15.5.14", limits: engine.Limits{Body: 10}, run: func(t testing.TB, h *harness) {
			h.serve(alive(func(w http.ResponseWriter, r *http.Request) {
				if _, err := io.ReadAll(r.Body); err == nil {
					t.Error("it was read to its end")
				}
				w.WriteHeader(http.StatusRequestEntityTooLarge)
			}))
			for _, request := range []string{
				"POST / HTTP/1.1\nHost: a\nContent-Length: 11\n\n12345678901",
				"POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\nb\n12345678901\n0\n\n",
			} {
				c := h.dial()
				c.send("%s", request)
				if res, _ := c.answer(http.MethodPost); res.StatusCode != 413 {
					t.Errorf("answered %d", res.StatusCode)
				}
			}
			h.lives()
		}},
		{name: "a head that takes too long is answered 408", source: rfc9110 + ", 15.5.9", limits: engine.Limits{HeaderTimeout: 50 * time.Millisecond}, run: func(t testing.TB, h *harness) {
			h.serve(echo)
			c := h.dial()
			c.send("GET / HTTP/1.1\nHost: a")
			if res, _ := c.answer(http.MethodGet); res.StatusCode != 408 || !res.Close {
				t.Errorf("answered %d, close %t", res.StatusCode, res.Close)
			}
			c.wantEnd()
		}},
		{name: "a connection that says nothing is closed", source: tomcat + ", connectionTimeout", limits: engine.Limits{HeaderTimeout: 50 * time.Millisecond}, run: func(t testing.TB, h *harness) {
			h.serve(echo)
			h.dial().wantEnd()
		}},
		{name: "a limit that is negative is none", source: contract + ", Limits", limits: engine.Limits{Head: -1, Body: -1, HeaderTimeout: -1, BodyTimeout: -1, WriteTimeout: -1}, run: func(t testing.TB, h *harness) {
			h.serve(echo)
			c := h.dial()
			c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
			if _, err := c.r.Peek(1); !isTimeout(err) {
				t.Fatalf("a connection that has said nothing yet: %v", err)
			}
			c.SetReadDeadline(time.Now().Add(h.patience))
			c.send("POST / HTTP/1.1\nHost: a\nX: %s\nContent-Length: 3\n\nabc", strings.Repeat("x", 64<<10))
			c.want(200, "POST / abc")
		}},
		{name: "an idle connection is closed after keepalive", source: tomcat + ", keepAliveTimeout", keepAlive: 50 * time.Millisecond, run: func(t testing.TB, h *harness) {
			h.serve(echo)
			c := h.dial()
			c.send("GET / HTTP/1.1\nHost: a\n\n")
			c.want(200, "GET / ")
			c.wantEnd()
		}},
	}
}

package bench

import (
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/panjf2000/gnet/v2"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/cps"
	"github.com/plimsoll-dev/plimsoll/engine/httpclient"
	"github.com/plimsoll-dev/plimsoll/internal/work"
)

const body = "Hello, World!"

var contentType = []string{"text/plain"}

// plaintext answers at once, in either style, unless it is asked for more.
type plaintext struct{}

func (plaintext) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/tidy":
		tidy()
	case "/compute":
		engine.TaskOf(r.Context()).Compute("compute", func() { work.Do(computation) })
	}
	w.Header()["Content-Type"] = contentType
	w.Write([]byte(body))
}

func (h plaintext) ServeCPS(_ cps.Task, w http.ResponseWriter, r *http.Request, done func()) {
	h.ServeHTTP(w, r)
	done()
}

// A relay asks its upstream for what it is asked for, in either style.
type relay struct {
	address string
	client  httpclient.Client
}

func (h *relay) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	err := engine.TaskOf(r.Context()).Await("upstream", func(t engine.Task) error {
		var buf [256]byte
		_, _, err := h.client.Get(t, h.address, r.URL.RequestURI(), buf[:0])
		return err
	})
	h.answer(w, r, err)
}

func (h *relay) ServeCPS(t cps.Task, w http.ResponseWriter, r *http.Request, done func()) {
	t.Await("upstream", func(t cps.Task, ended func(error)) {
		t.Get(h.address, r.URL.RequestURI(), func(_ int, _ []byte, err error) { ended(err) })
	}, func(err error) {
		h.answer(w, r, err)
		done()
	})
}

func (h *relay) answer(w http.ResponseWriter, r *http.Request, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	plaintext{}.ServeHTTP(w, r)
}

// tidy gives back what is not used, before memory is measured.
func tidy() { debug.FreeOSMemory() }

// raw answers whatever comes with the same bytes: the floor, not an HTTP server.
type raw struct {
	gnet.BuiltinEventEngine
	address string
}

func (r *raw) OnBoot(gnet.Engine) gnet.Action {
	fmt.Println(r.address)
	return gnet.None
}

var answer = []byte("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Length: 13\r\n\r\n" + body)

func (r *raw) OnTraffic(c gnet.Conn) gnet.Action {
	b, _ := c.Next(-1)
	if strings.HasPrefix(string(b), "GET /tidy ") {
		tidy()
	}
	for range strings.Count(string(b), "\r\n\r\n") {
		c.Write(answer)
	}
	return gnet.None
}

// silent keeps gnet's log off standard output, where the address goes.
type silent struct{}

func (silent) Debugf(string, ...any) {}
func (silent) Infof(string, ...any)  {}
func (silent) Warnf(string, ...any)  {}
func (silent) Errorf(string, ...any) {}
func (silent) Fatalf(string, ...any) {}

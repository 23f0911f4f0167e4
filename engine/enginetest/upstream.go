package enginetest

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
)

// An upstream stands behind the handlers of a row. It holds each request
// until it is let go, and counts those it holds.
type upstream struct {
	h       *harness
	address string
	gate    chan struct{} // a value lets one request go; closed, all

	mu        sync.Mutex // guards what follows
	now, peak int
	left      int // clients that went away before they were answered
	closed    sync.Once
}

func (h *harness) upstream() *upstream {
	u := &upstream{h: h, gate: make(chan struct{})}
	s := httptest.NewUnstartedServer(u)
	s.Config.ErrorLog = nil
	s.Start()
	u.address = s.Listener.Addr().String()
	h.t.Cleanup(func() { u.open(); s.Close() })
	h.upstreams = append(h.upstreams, u)
	return u
}

// open lets everything go from now on.
func (u *upstream) open() { u.closed.Do(func() { close(u.gate) }) }

func (u *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	u.mu.Lock()
	u.now++
	u.peak = max(u.peak, u.now)
	u.mu.Unlock()
	left := 0
	select {
	case <-u.gate:
	case <-r.Context().Done():
		left = 1
	}
	u.mu.Lock()
	u.now--
	u.left += left
	u.mu.Unlock()
	fmt.Fprint(w, "up", r.URL.Path)
}

func (u *upstream) gauge() (now, peak, left int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.now, u.peak, u.left
}

// holds waits until the upstream has exactly n requests.
func (u *upstream) holds(n int) {
	u.h.t.Helper()
	u.h.eventually(fmt.Sprintf("the upstream has %d requests", n), func() bool { now, _, _ := u.gauge(); return now == n })
}

// get fetches a path from the upstream through a task.
func (u *upstream) get(t engine.Task, path string) (string, error) {
	var status int
	var body []byte
	var err error
	if d, ok := t.(*directTask); ok && d.Owned() && d.kept() == nil {
		status, body, err = d.get(u.address, path)
	} else {
		status, body, err = u.h.calls.Get(t, u.address, path, nil)
	}
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("upstream answered %d", status)
	}
	return string(body), err
}

// unreachable returns an address at which nobody listens: our end of a
// connection, which keeps others from getting it meanwhile.
func unreachable(h *harness) string {
	ln := rig.Listen(h.t)
	h.t.Cleanup(func() { ln.Close() })
	own := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}}
	c, err := own.Dial("tcp", ln.Addr().String())
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { c.Close() })
	return c.LocalAddr().String()
}

package engines

import (
	"net/http"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/cps"
	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
	"github.com/plimsoll-dev/plimsoll/engine/httpclient"
)

// play is the one role of a child: the engine of a configuration, in front of an
// upstream. A crowd needs descriptors on both sides, so each side is a process;
// and memory is a process's.
func play(role []string) error {
	return rig.BeEngine(New, role[0], &waiter{address: role[1]})
}

// A waiter answers /wait when its upstream has answered, in either style, and
// everything else at once.
type waiter struct {
	address string
	client  httpclient.Client
}

func (h *waiter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/wait" {
		return
	}
	h.end(w, engine.TaskOf(r.Context()).Await("upstream", func(t engine.Task) error {
		_, _, err := h.client.Get(t, h.address, "/", nil)
		return err
	}))
}

// ServeCPS implements [cps.Handler].
func (h *waiter) ServeCPS(t cps.Task, w http.ResponseWriter, r *http.Request, done func()) {
	if r.URL.Path != "/wait" {
		done()
		return
	}
	t.Await("upstream", func(t cps.Task, ended func(error)) {
		t.Get(h.address, "/", func(_ int, _ []byte, err error) { ended(err) })
	}, func(err error) {
		h.end(w, err)
		done()
	})
}

func (h *waiter) end(w http.ResponseWriter, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
	}
}

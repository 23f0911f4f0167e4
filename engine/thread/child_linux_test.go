package thread

import (
	"fmt"
	"net/http"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
	"github.com/plimsoll-dev/plimsoll/engine/httpclient"
	"github.com/plimsoll-dev/plimsoll/internal/upstream"
)

// play has a child be an "upstream", "idle" threads, or an "engine" of a
// configuration in front of an upstream.
func play(role []string) error {
	switch role[0] {
	case "upstream":
		return rig.BeServer(upstream.New(upstream.Options{}).Serve)
	case "idle":
		return measureIdle(role[1])
	}
	return rig.BeEngine(New, role[1], relay(role[2]))
}

// relay asks the upstream for the path and query it is asked for.
func relay(address string) http.Handler {
	var c httpclient.Client
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := engine.TaskOf(r.Context()).Await("upstream", func(t engine.Task) error {
			var buf [512]byte
			status, _, err := c.Get(t, address, r.URL.RequestURI(), buf[:])
			if err == nil && status != http.StatusOK {
				err = fmt.Errorf("upstream answered %d", status)
			}
			return err
		})
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
		}
	})
}

package future

import (
	"fmt"
	"net/http"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
	"github.com/plimsoll-dev/plimsoll/engine/httpclient"
	"github.com/plimsoll-dev/plimsoll/engine/thread"
	"github.com/plimsoll-dev/plimsoll/internal/upstream"
	"github.com/plimsoll-dev/plimsoll/model"
)

// play has a child be an "upstream", or the engine of a configuration that asks
// one by a verb.
func play(role []string) error {
	if role[0] == "upstream" {
		return rig.BeServer(upstream.New(upstream.Options{}).Serve)
	}
	build := func(cfg model.EngineConfig) (engine.Engine, error) {
		if cfg.Engine == "thread" {
			return thread.New(cfg)
		}
		return New(cfg)
	}
	return rig.BeEngine(build, role[0], relay(role[1], role[2]))
}

// relay asks the upstream, by a verb, for what it is asked for.
func relay(verb, address string) http.Handler {
	var c httpclient.Client
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t := engine.TaskOf(r.Context())
		step := t.Await
		if verb == model.Call.String() {
			step = t.Call
		}
		err := step("upstream", func(t engine.Task) error {
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

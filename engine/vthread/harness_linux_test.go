package vthread

import (
	"io"
	"net/http"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
	"github.com/plimsoll-dev/plimsoll/model"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// running is an engine that serves, and a client of it.
type running struct {
	*Engine
	*rig.Server
	t    testing.TB
	http *http.Client
	all  sync.WaitGroup // requests under way
}

func serve(t testing.TB, text string, h http.HandlerFunc) *running {
	return planted(t, text, Plant{}, h)
}

func planted(t testing.TB, text string, p Plant, h http.HandlerFunc) *running {
	t.Helper()
	e := rig.Build(t, text, func(cfg model.EngineConfig) (*Engine, error) { return NewPlanted(cfg, p) })
	r := &running{Engine: e, Server: rig.Serve(t, e, h), t: t, http: &http.Client{Transport: &http.Transport{}}}
	t.Cleanup(func() {
		r.Stop()
		r.all.Wait()
		r.http.CloseIdleConnections()
		if p := r.pool(); p.Busy != 0 || p.Pinned != 0 || p.Queued != 0 {
			t.Errorf("after Serve: %+v", p)
		}
	})
	return r
}

// pool is the account of the carriers.
func (r *running) pool() engine.PoolStats {
	if s := r.Stats(); len(s.Pools) > 0 {
		return s.Pools[0]
	}
	return engine.PoolStats{}
}

// want asks for a path; the answer has to be 200 and empty.
func (r *running) want(path string) {
	r.t.Helper()
	res, err := r.http.Get("http://" + r.Address + path)
	if err != nil {
		r.t.Errorf("GET %s: %v", path, err)
		return
	}
	body, err := io.ReadAll(res.Body)
	res.Body.Close()
	if res.StatusCode != http.StatusOK || len(body) > 0 || err != nil {
		r.t.Errorf("GET %s: %d %q %v", path, res.StatusCode, body, err)
	}
}

// send is want on a goroutine, n times at once.
func (r *running) send(path string, n int) {
	for range n {
		r.all.Go(func() { r.want(path) })
	}
}

// must panics, for handlers: the answer is 500 then.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

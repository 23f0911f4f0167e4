package hybrid

import (
	"fmt"
	"net/http"
	"runtime"
	"testing"
	"unsafe"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
	"github.com/plimsoll-dev/plimsoll/model"
)

// Keeps the main thread for the main goroutine. Where a goroutine that locked
// it ends, Go does not end that thread.
func init() { runtime.LockOSThread() }

// An engine of this kind is given a processor for each thread; see Procs.
func TestMain(m *testing.M) {
	runtime.GOMAXPROCS(64)
	goleak.VerifyTestMain(m)
}

// running is an engine that serves.
type running struct {
	*Engine
	*rig.Server
	t testing.TB
}

func serve(t testing.TB, text string, h http.HandlerFunc) *running {
	t.Helper()
	return planted(t, text, Plant{}, h)
}

func planted(t testing.TB, text string, p Plant, h http.HandlerFunc) *running {
	t.Helper()
	e := rig.Build(t, text, func(cfg model.EngineConfig) (*Engine, error) { return NewPlanted(cfg, p) })
	return &running{e, rig.Serve(t, e, h), t}
}

// pool returns one of the engine's pools.
func (r *running) pool(name string) engine.PoolStats {
	for _, p := range r.Stats().Pools {
		if p.Name == name {
			return p
		}
	}
	r.t.Fatalf("no pool %q", name)
	return engine.PoolStats{}
}

// pooled waits until a pool has so many busy and so many queued.
func (r *running) pooled(name string, busy, queued int) {
	r.t.Helper()
	rig.Eventually(r.t, fmt.Sprintf("%s: %d busy, %d queued", name, busy, queued), func() bool {
		p := r.pool(name)
		return p.Busy == busy && p.Queued == queued
	})
}

// thread returns the name of the calling thread.
func thread() string {
	var name [16]byte
	if err := unix.Prctl(unix.PR_GET_NAME, uintptr(unsafe.Pointer(&name)), 0, 0, 0); err != nil {
		return err.Error()
	}
	return unix.ByteSliceToString(name[:])
}

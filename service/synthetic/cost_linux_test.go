package synthetic

import (
	"context"
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/internal/upstream"
	"github.com/plimsoll-dev/plimsoll/internal/work"
	"github.com/plimsoll-dev/plimsoll/load"
	"github.com/plimsoll-dev/plimsoll/model"
)

// Compute is judged by CPU time against the work that it should be, each the
// least of several: what the machine does meanwhile hardly counts, and the
// scales are further apart than the tolerance is wide.
func TestComputeDoesItsWorkTimesTheScale(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	least := func(f func()) time.Duration {
		best := time.Hour
		for range 7 {
			before := threadCPU(t)
			f()
			best = min(best, threadCPU(t)-before)
		}
		return best
	}
	w := workloadOf(model.Dist{}, "", compute(constant(2*time.Millisecond)))
	for scale, units := range map[float64]uint64{0: 20_000, 1: 20_000, 0.1: 2000, 10: 200_000} {
		s := newService(t, w, Options{Speed: work.Speed{UnitsPerMicrosecond: 10}, ComputeScale: scale})
		took := least(func() { (&recorder{}).request(t, s, 1) })
		should := least(func() { work.Do(units) })
		if took < should/3 || took > should*3 {
			t.Errorf("scale %v: used the CPU for %v, and %d units take %v", scale, took, units, should)
		}
	}
}

func threadCPU(t *testing.T) time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts); err != nil {
		t.Fatal(err)
	}
	return time.Duration(ts.Nano())
}

// Block sits in the system call, and gives its time in full although signals
// come in between.
func TestBlockKeepsItsThreadInASystemCallForItsTime(t *testing.T) {
	const d = 30 * time.Millisecond
	s := newService(t, workloadOf(model.Dist{}, "", model.Step{Verb: model.Block, Op: "native", Time: constant(d)}), Options{})
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	tid := unix.Gettid()
	// On a busy machine the call may be over before anybody looks.
	until(t, "a signal met the thread in nanosleep", func() bool {
		over, interrupted := make(chan struct{}), make(chan int)
		go func() { interrupted <- interruptNanosleep(t, tid, over) }()
		begun := time.Now()
		(&recorder{}).request(t, s, 1)
		took := time.Since(begun)
		close(over)
		n := <-interrupted
		if took < d {
			t.Errorf("blocked for %v of %v, %d times interrupted", took, d, n)
		}
		return n > 0
	})
}

// interruptNanosleep sends signals to a thread while it is in nanosleep, until
// that is over, and returns how many.
func interruptNanosleep(t *testing.T, tid int, over <-chan struct{}) (n int) {
	for {
		select {
		case <-over:
			return n
		default:
			runtime.Gosched()
		}
		call, err := os.ReadFile(fmt.Sprintf("/proc/self/task/%d/syscall", tid))
		if err != nil || n == 20 || !strings.HasPrefix(string(call), fmt.Sprint(unix.SYS_NANOSLEEP, " ")) {
			continue
		}
		n++
		// Go's own signal for preemption: its handler puts up with any number.
		if err := unix.Tgkill(os.Getpid(), tid, unix.SIGURG); err != nil {
			t.Error(err)
		}
	}
}

// The gauge of the upstream that runs use is the outside witness of Hold.
func TestTheUpstreamsGaugeNeverReadsMoreThanIsHeld(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	u := upstream.New(upstream.Options{})
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- u.Serve(ctx, ln) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	short := model.Dist{Kind: model.DistExponential, A: 2 * time.Millisecond}
	w := workloadOf(short, "db cache", hold("pool", await("db"), call("db")), await("cache"))
	w.Resources = []model.Resource{{Name: "pool", Size: 4}}
	s := newService(t, w, Options{Upstreams: []string{ln.Addr().String()}})
	const n = 100
	for _, r := range several(t, serve(t, s), n)() {
		if r != done {
			t.Error(r)
		}
	}
	st := u.Stats()
	if got := st.ByName["db"]; got.MaxInFlight > 4 || got.Requests != 2*n {
		t.Errorf("db: %+v", got)
	}
	if got := st.ByName["cache"].Requests; got != n {
		t.Errorf("cache: %d requests, not %d", got, n)
	}
}

func TestTheSeedHeaderIsTheLoadClients(t *testing.T) {
	if SeedHeader != load.SeedHeader {
		t.Errorf("the service reads %s and the client sends %s", SeedHeader, load.SeedHeader)
	}
}

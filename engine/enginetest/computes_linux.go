package enginetest

import (
	"net/http"
	"runtime"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/work"
)

// computes is the row about work for the CPU, of which no model does away with
// any: requests that compute at once use the CPU time that their work takes one
// after the other on a single thread, by the kernel's account of the process.
// So all models end at the same rate, CPUs/CPU time.
//
// What the engine itself uses comes on top and is not judged, nor is how long
// anything took. Half of the CPU time is enough, because how much the same work
// takes varies with what else the machine does.
func computes(config string) modelRow {
	return modelRow{row{name: "computations at once take the CPU time of one after the other", source: utilization, run: func(t testing.TB, h *harness) {
		const clients, each = 8, 5
		compute := func() { work.Do(40_000) } // some 4 ms
		h.serve(func(_ http.ResponseWriter, r *http.Request) { engine.TaskOf(r.Context()).Compute("work", compute) })
		alone := onOneThread(t, func() {
			for range clients * each {
				compute()
			}
		})
		before := cpuTime(t, unix.CLOCK_PROCESS_CPUTIME_ID)
		var all sync.WaitGroup
		for range clients {
			c := h.dial()
			all.Go(func() {
				for range each {
					c.SetDeadline(time.Now().Add(h.patience))
					c.send("GET / HTTP/1.1\nHost: a\n\n")
					c.want(http.StatusOK, "")
				}
			})
		}
		all.Wait()
		if used := cpuTime(t, unix.CLOCK_PROCESS_CPUTIME_ID) - before; used < alone/2 {
			t.Errorf("%d computations at once took %v of CPU time; one after the other they take %v", clients*each, used, alone)
		}
	}}, config}
}

// onOneThread returns the CPU time that f takes on a thread of its own.
func onOneThread(t testing.TB, f func()) (used time.Duration) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // the thread ends with the goroutine
		before := cpuTime(t, unix.CLOCK_THREAD_CPUTIME_ID)
		f()
		used = cpuTime(t, unix.CLOCK_THREAD_CPUTIME_ID) - before
	}()
	<-done
	return used
}

func cpuTime(t testing.TB, clock int32) time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(clock, &ts); err != nil {
		t.Error(err)
	}
	return time.Duration(ts.Nano())
}

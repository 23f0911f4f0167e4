package thread

import (
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Threads of the engine are exact, whatever they inherited.
func TestExactTimersUndoTheRuntimesSlack(t *testing.T) {
	got := make(chan int, 1)
	go func() {
		runtime.LockOSThread() // the thread ends with the goroutine
		if err := unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(RuntimeSlack), 0, 0, 0); err != nil {
			t.Error(err)
		}
		exactTimers()
		n, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
		if err != nil {
			t.Error(err)
		}
		got <- n
	}()
	if n := <-got; n != int(50*time.Microsecond) {
		t.Errorf("%d ns", n)
	}
}

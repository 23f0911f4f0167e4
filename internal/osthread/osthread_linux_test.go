package osthread

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A permit is never lost, whoever comes first.
func TestParker(t *testing.T) {
	var p Parker
	p.Unpark()
	p.Unpark() // one permit is all there is
	p.Park()
	const rounds = 2000
	var there, back Parker
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		for range rounds {
			there.Park()
			back.Unpark()
		}
	}()
	for range rounds {
		there.Unpark()
		back.Park()
	}
	<-done
}

// Whatever a thread inherited, it is exact.
func TestExactTimersUndoWhatWasInherited(t *testing.T) {
	got := make(chan int, 1)
	go func() {
		runtime.LockOSThread() // the thread ends with the goroutine
		if err := unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(4*time.Millisecond), 0, 0, 0); err != nil {
			t.Error(err)
		}
		ExactTimers()
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

func TestNameIsWhatProcShows(t *testing.T) {
	got := make(chan string, 1)
	go func() {
		runtime.LockOSThread() // the thread ends with the goroutine
		Name("plimsoll-test")
		comm, err := os.ReadFile("/proc/self/task/" + strconv.Itoa(unix.Gettid()) + "/comm")
		if err != nil {
			t.Error(err)
		}
		got <- strings.TrimSpace(string(comm))
	}()
	if name := <-got; name != "plimsoll-test" {
		t.Errorf("the thread is called %q", name)
	}
}

func TestSleepIsNotShorterThanAsked(t *testing.T) {
	began := time.Now()
	Sleep(2 * time.Millisecond)
	Sleep(-1)
	if d := time.Since(began); d < 2*time.Millisecond {
		t.Errorf("slept %v", d)
	}
}

func TestCPUTimeGrowsWithWork(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := CPUTime()
	for CPUTime() == before { // ends: asking is work
	}
	if CPUTime() < before {
		t.Error("CPU time runs backwards")
	}
}

// A thread has its own nice value, and the others keep theirs. This one is
// locked, so that the other is not on it; the process may be nice already.
func TestNiceIsTheThreadsOwn(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	own := func() int {
		raw, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
		if err != nil {
			t.Error(err)
		}
		return 20 - raw
	}
	before, got := own(), make(chan [3]int, 1)
	go func() {
		runtime.LockOSThread() // the thread ends with the goroutine
		inherited := own()
		Nice(3)
		Nice(0)
		once := own()
		Nice(100)
		got <- [3]int{inherited, once, own()}
	}()
	if n := <-got; n != [3]int{before, min(before+3, 19), 19} {
		t.Errorf("a thread of %d inherits %d; 3 more is %d, 100 more %d", before, n[0], n[1], n[2])
	}
	if n := own(); n != before {
		t.Errorf("this thread has %d, had %d", n, before)
	}
}

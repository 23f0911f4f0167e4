package osthread

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Sleep blocks the thread in clock_nanosleep(2). The time to wake at is
// absolute, so signals on the way do not add up to a delay.
func Sleep(d time.Duration) {
	if d <= 0 {
		return
	}
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		time.Sleep(d) // cannot happen on Linux; correct all the same
		return
	}
	at := unix.NsecToTimespec(now.Nano() + int64(d))
	for unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &at, nil) == unix.EINTR {
	}
}

// CPUTime returns the CPU time that the calling thread has used, nanoseconds.
func CPUTime() int64 {
	var ts unix.Timespec
	_, _, errno := unix.RawSyscall(unix.SYS_CLOCK_GETTIME, unix.CLOCK_THREAD_CPUTIME_ID, uintptr(unsafe.Pointer(&ts)), 0)
	if errno != 0 {
		return 0
	}
	return ts.Nano()
}

// Name names the calling thread as ps and /proc show it; the kernel keeps 15
// bytes.
func Name(name string) {
	b := append([]byte(name), 0)
	_, _, _ = unix.RawSyscall(unix.SYS_PRCTL, unix.PR_SET_NAME, uintptr(unsafe.Pointer(&b[0])), 0)
}

// Nice adds n to the calling thread's nice value: the kernel gives it that much
// less of a CPU that others want. No privilege is needed for an n of 0 or more.
// A nice thread must not be given back to Go, which would run anything on it:
// end its goroutine while it is locked, and the thread ends too, or sleeps for
// good if it is the main one. Threads that Go makes meanwhile do not inherit the
// value (a locked thread has another one make them); processes that are started
// on the thread do.
func Nice(n int) {
	if n == 0 {
		return
	}
	// On Linux the nice value is each thread's own (nice(2), "C library/kernel
	// differences"), and 0 is the calling one. The raw call returns 20 - nice.
	raw, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err == nil {
		_ = unix.Setpriority(unix.PRIO_PROCESS, 0, min(20-raw+n, 19)) // who may not stays as he is
	}
}

// ExactTimers gives the calling thread the system's own timer slack. A thread
// inherits that of the one that made it, and Go's own may have been made coarse
// for the whole process.
func ExactTimers() {
	const slack = 50 * time.Microsecond // the system's own default
	_, _, _ = unix.RawSyscall(unix.SYS_PRCTL, unix.PR_SET_TIMERSLACK, uintptr(slack), 0)
}

package osthread

import (
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Futex operations (linux/futex.h), private to the process.
const (
	futexWaitPrivate = 0 | 128
	futexWakePrivate = 1 | 128
)

const (
	noPermit uint32 = iota
	permit
	asleep // a thread sleeps, or is about to
)

// A Parker is an engine.Parker whose Park puts the OS thread to sleep on a
// futex. One thread parks; any may unpark. The zero value is ready, and must
// not be copied.
type Parker struct{ state atomic.Uint32 }

// Park sleeps until the permit is there, and takes it.
func (p *Parker) Park() {
	if !p.state.CompareAndSwap(noPermit, asleep) {
		p.state.Store(noPermit)
		return
	}
	for p.state.Load() == asleep {
		// Through Syscall6, which gives Go's processor away: a stop of the
		// world would wait for a thread that sleeps in RawSyscall. An error is
		// EAGAIN (the word has changed) or EINTR; both mean look again.
		_, _, _ = unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&p.state)), futexWaitPrivate, uintptr(asleep), 0, 0, 0)
	}
	p.state.Store(noPermit)
}

// Unpark leaves the permit, and wakes the thread that waits for it.
func (p *Parker) Unpark() {
	if p.state.Swap(permit) == asleep {
		_, _, _ = unix.RawSyscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&p.state)), futexWakePrivate, 1, 0, 0, 0)
	}
}

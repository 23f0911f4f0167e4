package reactor

import (
	"context"
	"fmt"
	"math"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Run turns until ctx ends, then returns nil. An error is the reactor's own:
// waiting failed, or it was closed.
func (r *Reactor) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { r.Post(func() {}) })
	defer stop()
	for ctx.Err() == nil {
		if err := r.Poll(-1); err != nil {
			return err
		}
	}
	return nil
}

// Poll makes one turn: it waits until something is ready, but at most max (0:
// it does not wait; negative: there is no limit of its own), and runs the
// timers that are due, then the handlers of ready descriptors, then posted
// functions. Timers that are due and functions that are posted only because of
// what runs in their own part of the turn come in the next one.
func (r *Reactor) Poll(max time.Duration) error {
	n, err := r.wait(max)
	if err != nil {
		return err
	}
	r.now = Clock()
	r.fire()
	r.dispatch(n)
	r.runPosted()
	return nil
}

const never = math.MaxInt64

// wait fetches events. It returns 0 if the time was up, or something was
// posted.
func (r *Reactor) wait(max time.Duration) (int, error) {
	if r.epfd < 0 {
		return 0, ErrClosed
	}
	now := Clock()
	deadline := int64(never)
	if max >= 0 && int64(max) < never-now {
		deadline = now + int64(max)
	}

	// A busy reactor finds something at once. Asking without the intent to
	// block needs no hand-over of the processor to Go's scheduler.
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(r.epfd),
		uintptr(unsafe.Pointer(&r.events[0])), batch, 0, 0, 0)
	switch {
	case errno == 0 && n > 0:
		return int(n), nil
	case errno != 0 && errno != unix.EINTR:
		return 0, fmt.Errorf("reactor: epoll_pwait: %w", errno)
	case min(deadline, r.timers.next()) <= now:
		return 0, nil
	}
	if !r.posts.sleep() {
		return 0, nil
	}
	defer r.posts.awake()
	// From here on a timer that is started elsewhere, and is the first, ends the
	// wait; what was started before is seen now.
	deadline = min(deadline, r.timers.next())
	if r.timerfd >= 0 {
		return r.blockTimerfd(deadline)
	}
	return r.blockPwait2(deadline, now)
}

// timespec64 is the kernel's struct __kernel_timespec, on every architecture.
type timespec64 struct{ sec, nsec int64 }

// blockPwait2 blocks until an event or the deadline.
func (r *Reactor) blockPwait2(deadline, now int64) (int, error) {
	for {
		var ts *timespec64
		if deadline != never {
			if deadline <= now {
				return 0, nil
			}
			d := approach(deadline - now)
			ts = &timespec64{d / int64(time.Second), d % int64(time.Second)}
		}
		n, _, errno := unix.Syscall6(unix.SYS_EPOLL_PWAIT2, uintptr(r.epfd),
			uintptr(unsafe.Pointer(&r.events[0])), batch, uintptr(unsafe.Pointer(ts)), 0, 0)
		switch {
		case errno == 0 && n > 0:
			return int(n), nil
		case errno != 0 && errno != unix.EINTR:
			return 0, fmt.Errorf("reactor: epoll_pwait2: %w", errno)
		}
		now = Clock()
	}
}

// approach shortens a long wait so that the rest is waited for separately. The
// kernel may end an epoll wait late by 0.1 % of its length, and by 0.5 % in a
// thread with positive nice (fs/select.c, __estimate_accuracy): 1 to 5 ms for
// one of a second. Up to 10 ms, that is no more than the 50 µs of slack that
// every timer of a thread has.
func approach(d int64) int64 {
	if d > int64(10*time.Millisecond) {
		d -= d / 64
	}
	return d
}

// blockTimerfd is blockPwait2 for kernels without it. A timerfd has no slack.
func (r *Reactor) blockTimerfd(deadline int64) (int, error) {
	if deadline != never {
		// A time of zero would disarm it.
		at := unix.ItimerSpec{Value: unix.NsecToTimespec(max(deadline, 1))}
		if err := unix.TimerfdSettime(r.timerfd, unix.TFD_TIMER_ABSTIME, &at, nil); err != nil {
			return 0, fmt.Errorf("reactor: timerfd_settime: %w", err)
		}
	}
	for {
		n, _, errno := unix.Syscall6(unix.SYS_EPOLL_PWAIT, uintptr(r.epfd),
			uintptr(unsafe.Pointer(&r.events[0])), batch, ^uintptr(0), 0, 0)
		switch {
		case errno == 0:
			return int(n), nil
		case errno != unix.EINTR:
			return 0, fmt.Errorf("reactor: epoll_pwait: %w", errno)
		}
	}
}

// hasPwait2 reports whether the kernel has epoll_pwait2 (5.11) and lets us use
// it: sandboxes refuse system calls they do not know, with various errors.
func hasPwait2(epfd int) bool {
	var e unix.EpollEvent
	var ts timespec64
	_, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT2, uintptr(epfd),
		uintptr(unsafe.Pointer(&e)), 1, uintptr(unsafe.Pointer(&ts)), 0, 0)
	return errno == 0
}

package reactor

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// ErrClosed is returned when a closed [Reactor] is used.
var ErrClosed = errors.New("reactor: closed")

// batch is the number of events taken from the kernel at once. Due timers run
// between batches, so it bounds by how much a crowd of ready descriptors can
// delay a timer.
const batch = 128

// A Reactor waits for descriptors, timers and posted functions, and runs what
// is ready on the goroutine that calls [Reactor.Poll] or [Reactor.Run]: "the
// reactor's goroutine".
//
// Add, Modify, Remove, Post, Start, Advance and Stop may be called from any
// goroutine. Now belongs to the reactor's goroutine. Poll and Run must not be
// called from a handler, nor by two goroutines at once.
type Reactor struct {
	epfd   int
	wakefd int // eventfd that ends a wait when something was posted
	// timerfd bounds a wait where the kernel has no epoll_pwait2, else -1.
	timerfd int
	events  [batch]unix.EpollEvent

	now    int64 // Clock, as of this turn
	timers timerHeap

	mu         sync.Mutex // guards the table; held across epoll_ctl, never across a handler
	table      []registration
	generation int32
	closed     bool

	posts postQueue
}

// New makes a reactor. It holds two descriptors (three on kernels before 5.11)
// until [Reactor.Close].
func New() (*Reactor, error) { return open(hasPwait2) }

// open makes a reactor whose waits are bounded by epoll_pwait2 if there is one
// (asked of its epoll descriptor), else by a timerfd.
func open(hasPwait2 func(epfd int) bool) (*Reactor, error) {
	r := &Reactor{epfd: -1, wakefd: -1, timerfd: -1, now: Clock()}
	var err error
	if r.epfd, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, fmt.Errorf("reactor: epoll_create1: %w", err)
	}
	if r.wakefd, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		r.closeAll()
		return nil, fmt.Errorf("reactor: eventfd: %w", err)
	}
	if err = r.watchOwn(r.wakefd); err != nil {
		r.closeAll()
		return nil, err
	}
	if hasPwait2(r.epfd) {
		return r, nil
	}
	if r.timerfd, err = unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK); err != nil {
		r.closeAll()
		return nil, fmt.Errorf("reactor: timerfd_create: %w", err)
	}
	if err = r.watchOwn(r.timerfd); err != nil {
		r.closeAll()
		return nil, err
	}
	return r, nil
}

// watchOwn registers one of the reactor's own descriptors, whose only purpose
// is to end a wait. Edge-triggered, it never has to be read: every write to an
// eventfd, and every expiry of a timerfd, is an edge.
func (r *Reactor) watchOwn(fd int) error {
	ev := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET, Fd: int32(fd), Pad: ownGeneration}
	if err := unix.EpollCtl(r.epfd, unix.EPOLL_CTL_ADD, fd, &ev); err != nil {
		return fmt.Errorf("reactor: epoll_ctl: %w", err)
	}
	return nil
}

// Close releases the reactor's own descriptors and forgets handlers, timers
// and what was posted; none of them runs any more. Registered descriptors stay
// open. It must not be called during Poll, except by a handler, after which
// Poll returns as usual and then [ErrClosed].
func (r *Reactor) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return ErrClosed
	}
	r.closed = true
	r.table = nil
	r.timers.clear()
	r.posts.close()
	return r.closeAll()
}

func (r *Reactor) closeAll() error {
	var errs []error
	for _, fd := range []*int{&r.epfd, &r.wakefd, &r.timerfd} {
		if *fd >= 0 {
			errs = append(errs, unix.Close(*fd))
			*fd = -1
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("reactor: close: %w", err)
	}
	return nil
}

// Now returns the time of this turn on the reactor's clock: [Clock] as it was
// when the wait ended. Only on the reactor's goroutine.
func (r *Reactor) Now() int64 { return r.now }

// Clock returns CLOCK_MONOTONIC in nanoseconds, which is the same in every
// process of the machine.
func Clock() int64 { return clockBase + int64(time.Since(clockStart)) }

// Go's own reading of the clock goes through the vDSO, a third of the cost of
// the system call, but counts from the start of the process: clockBase is the
// difference. Both are the same clock, read one after the other; the closest of
// a few readings is off by well under a microsecond.
var clockStart, clockBase = func() (time.Time, int64) {
	start := time.Now()
	best, width := int64(0), int64(math.MaxInt64)
	for range 8 {
		var ts unix.Timespec
		before := int64(time.Since(start))
		if unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) != nil {
			break
		}
		if w := int64(time.Since(start)) - before; w < width {
			best, width = ts.Nano()-before-w/2, w
		}
	}
	return start, best
}()

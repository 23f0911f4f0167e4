package blocking

import (
	"math"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/internal/account"
)

// direction is one half of a socket: what its Read or its Write waits on.
type direction struct {
	option int // SO_RCVTIMEO or SO_SNDTIMEO
	how    int // SHUT_RD or SHUT_WR
	// eager has wait always try before it blocks: a write mostly succeeds, and
	// trying need not give Go's processor away.
	eager bool
	// onBlock, if not nil, is called before and after a call that blocks, as
	// far as that is known: a call without a deadline is not tried first.
	onBlock func(begin bool)

	mu      sync.Mutex    // one call at a time; held across it
	timeout time.Duration // the kernel's value of option; guarded by mu

	deadline atomic.Int64 // on account.Now's clock; 0: none
	until    atomic.Int64 // when the call under way ends at the latest; 0: no call
	ended    atomic.Bool  // a deadline has shut this direction down
}

const forever = math.MaxInt64

// wait makes a call that may block, within the deadline. If there is one, try
// is made first, which does not block: mostly it succeeds, and saves setting
// the time-out. d.mu is held.
func (d *direction) wait(fd int, try, block func() (int, error)) (int, error) {
	defer d.until.Store(0)
	for {
		deadline := d.deadline.Load()
		if deadline == 0 {
			deadline = forever
		}
		// In this order, and in SetDeadline in the other, either this thread
		// sees the new deadline, or the other one sees that it must wake us.
		d.until.Store(deadline)
		if now := d.deadline.Load(); now != deadline && now != 0 {
			continue
		}
		left := time.Duration(0)
		if deadline != forever {
			left = time.Duration(deadline - account.Now())
			if left <= 0 {
				return 0, os.ErrDeadlineExceeded
			}
		}
		if d.eager || deadline != forever {
			if n, err := try(); err != unix.EAGAIN && err != unix.EINTR {
				return n, err
			}
		}
		if err := d.limit(fd, left); err != nil {
			return 0, err
		}
		// EAGAIN: the time is up. EINTR: a signal, perhaps of Go's own; the
		// rest of the time is still to be waited.
		if d.onBlock != nil {
			d.onBlock(true)
		}
		n, err := block()
		if d.onBlock != nil {
			d.onBlock(false)
		}
		if err != unix.EAGAIN && err != unix.EINTR {
			return n, err
		}
	}
}

// limit sets the kernel's time-out; 0 is none.
func (d *direction) limit(fd int, timeout time.Duration) error {
	if timeout > 0 {
		timeout = max(timeout, time.Microsecond) // the kernel's unit, and its zero is for ever
	}
	if timeout == d.timeout {
		return nil
	}
	tv := unix.NsecToTimeval(int64(timeout))
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, d.option, &tv); err != nil {
		return os.NewSyscallError("setsockopt", err)
	}
	d.timeout = timeout
	return nil
}

// setDeadline also holds for a call under way.
func (s *Socket) setDeadline(t time.Time, dirs ...*direction) error {
	if s.refs.Load()&closing != 0 {
		return s.fail("set", net.ErrClosed)
	}
	var at int64
	if !t.IsZero() {
		now := account.Now()
		at = max(1, now+min(int64(time.Until(t)), forever-1-now))
	}
	for _, d := range dirs {
		d.deadline.Store(at)
		if at == 0 || d.until.Load() <= at {
			continue // no call, or one that ends by itself in time
		}
		s.endAt(d, at)
	}
	return nil
}

// endAt wakes the thread that sleeps in d's call when its deadline is over.
func (s *Socket) endAt(d *direction, at int64) {
	wait := time.Duration(at - account.Now())
	if wait <= 0 {
		s.end(d)
		return
	}
	time.AfterFunc(wait, func() {
		if d.deadline.Load() == at && d.until.Load() > at {
			s.end(d)
		}
	})
}

// end wakes the thread that sleeps in d's call.
func (s *Socket) end(d *direction) {
	if !s.acquire() {
		return
	}
	defer s.release() //nolint:errcheck // closed by its user meanwhile
	d.ended.Store(true)
	_ = unix.Shutdown(s.fd, d.how)
}

// SetDeadline sets both deadlines.
func (s *Socket) SetDeadline(t time.Time) error { return s.setDeadline(t, &s.rd, &s.wr) }

// SetReadDeadline sets the time at which Read fails with
// os.ErrDeadlineExceeded.
func (s *Socket) SetReadDeadline(t time.Time) error { return s.setDeadline(t, &s.rd) }

// SetWriteDeadline sets the time at which Write fails with
// os.ErrDeadlineExceeded.
func (s *Socket) SetWriteDeadline(t time.Time) error { return s.setDeadline(t, &s.wr) }

package reactor

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Events says what a descriptor is ready for, or (in Add and Modify) what to
// wait for and how.
type Events uint32

const (
	// Readable means that a read or an accept will not block.
	Readable Events = 1 << iota
	// Writable means that a write will not block.
	Writable
	// PeerClosed means that the peer will send no more (EPOLLRDHUP).
	PeerClosed
	// Broken means an error or a hang-up (EPOLLERR, EPOLLHUP). It is always
	// reported; asking for it has no effect.
	Broken
	// OneShot disarms the descriptor after one event, until Modify.
	OneShot
	// Edge reports changes of readiness instead of readiness (EPOLLET).
	Edge
)

// A Handler is told that its descriptor is ready.
type Handler interface {
	// Ready runs on the reactor's goroutine. It may add, modify, remove and
	// close any descriptor, its own included.
	Ready(ev Events)
}

// ownGeneration marks events of the reactor's own descriptors.
const ownGeneration = 0

// registration is one entry of the table, which is indexed by descriptor. The
// generation is also in the epoll data, so an event that was already fetched
// when its descriptor was removed is recognised, even if the number was
// reused in between.
type registration struct {
	handler    Handler
	generation int32
}

// Add registers fd, which must be in non-blocking mode. Its handler may be
// called from before Add returns.
//
// A descriptor must be removed before it is closed. (If it was closed without,
// the number can be added again, but events of a duplicate that is still open
// would go astray.)
func (r *Reactor) Add(fd int, ev Events, h Handler) error {
	if h == nil {
		return fmt.Errorf("reactor: add descriptor %d: nil handler", fd)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return ErrClosed
	}
	r.generation++
	if r.generation == ownGeneration {
		r.generation++
	}
	e := unix.EpollEvent{Events: toEpoll(ev), Fd: int32(fd), Pad: r.generation}
	if err := unix.EpollCtl(r.epfd, unix.EPOLL_CTL_ADD, fd, &e); err != nil {
		return fmt.Errorf("reactor: add descriptor %d: %w", fd, err)
	}
	for fd >= len(r.table) {
		r.table = append(r.table, registration{})
	}
	r.table[fd] = registration{h, r.generation}
	return nil
}

// Modify changes what fd waits for; it arms a OneShot descriptor again.
func (r *Reactor) Modify(fd int, ev Events) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return ErrClosed
	}
	if fd < 0 || fd >= len(r.table) || r.table[fd].handler == nil {
		return fmt.Errorf("reactor: modify descriptor %d: %w", fd, unix.ENOENT)
	}
	e := unix.EpollEvent{Events: toEpoll(ev), Fd: int32(fd), Pad: r.table[fd].generation}
	if err := unix.EpollCtl(r.epfd, unix.EPOLL_CTL_MOD, fd, &e); err != nil {
		return fmt.Errorf("reactor: modify descriptor %d: %w", fd, err)
	}
	return nil
}

// Remove ends the registration of fd. Its handler is not called any more, also
// not for an event that this turn has fetched already; if Remove is called on
// another goroutine than the reactor's, a call that has begun may still be
// under way.
func (r *Reactor) Remove(fd int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return ErrClosed
	}
	if fd < 0 || fd >= len(r.table) || r.table[fd].handler == nil {
		return fmt.Errorf("reactor: remove descriptor %d: %w", fd, unix.ENOENT)
	}
	r.table[fd] = registration{}
	if err := unix.EpollCtl(r.epfd, unix.EPOLL_CTL_DEL, fd, nil); err != nil {
		return fmt.Errorf("reactor: remove descriptor %d: %w", fd, err)
	}
	return nil
}

// dispatch calls the handlers of the first n fetched events.
func (r *Reactor) dispatch(n int) {
	for i := range r.events[:n] {
		e := &r.events[i]
		if e.Pad == ownGeneration {
			continue
		}
		if h := r.lookup(int(e.Fd), e.Pad); h != nil {
			h.Ready(fromEpoll(e.Events))
		}
	}
}

// lookup returns nil if the event is of a registration that has ended.
func (r *Reactor) lookup(fd int, generation int32) Handler {
	r.mu.Lock()
	defer r.mu.Unlock()
	if fd >= len(r.table) || r.table[fd].generation != generation {
		return nil
	}
	return r.table[fd].handler
}

func toEpoll(ev Events) uint32 {
	var e uint32
	if ev&Readable != 0 {
		e |= unix.EPOLLIN
	}
	if ev&Writable != 0 {
		e |= unix.EPOLLOUT
	}
	if ev&PeerClosed != 0 {
		e |= unix.EPOLLRDHUP
	}
	if ev&OneShot != 0 {
		e |= unix.EPOLLONESHOT
	}
	if ev&Edge != 0 {
		e |= unix.EPOLLET
	}
	return e
}

func fromEpoll(e uint32) Events {
	var ev Events
	if e&unix.EPOLLIN != 0 {
		ev |= Readable
	}
	if e&unix.EPOLLOUT != 0 {
		ev |= Writable
	}
	if e&unix.EPOLLRDHUP != 0 {
		ev |= PeerClosed
	}
	if e&(unix.EPOLLERR|unix.EPOLLHUP) != 0 {
		ev |= Broken
	}
	return ev
}

package hangup

import (
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// A Set is an epoll set of sockets whose peers' end of file is waited for,
// which is itself polled by Go's poller: nothing is started before the first
// socket, and no thread waits. The zero value is ready; Close ends it. All
// methods may be called concurrently.
type Set struct {
	mu     sync.Mutex // guards what follows; held for map and epoll_ctl only
	set    *os.File   // nil until the first Add, and after Close
	gone   map[uint64]func()
	last   uint64
	done   chan struct{} // closed when nobody reads events any more
	closed bool
}

// Add has gone called, on a goroutine of the set, when the peer of a socket
// hangs up: at once if it has. The socket is removed before its descriptor is
// closed. Where the process has no descriptors left, or the kernel no watches,
// and after Close, nobody is told.
func (s *Set) Add(fd int, gone func()) (id uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.set == nil && s.open() != nil {
		return 0
	}
	s.last++
	id = s.last
	s.gone[id] = gone
	s.control(fd, unix.EPOLL_CTL_ADD, &unix.EpollEvent{
		// Errors and hang-ups of both directions are always reported.
		Events: unix.EPOLLRDHUP | unix.EPOLLET,
		Fd:     int32(id), Pad: int32(id >> 32),
	})
	return id
}

// Remove ends that. A call of gone that has begun may still be under way. An
// id of 0 is of nothing.
func (s *Set) Remove(fd int, id uint64) {
	if id == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.gone, id)
	s.control(fd, unix.EPOLL_CTL_DEL, new(unix.EpollEvent))
}

func (s *Set) control(fd, op int, event *unix.EpollEvent) {
	if raw, err := s.set.SyscallConn(); err == nil {
		_ = raw.Control(func(set uintptr) { _ = unix.EpollCtl(int(set), op, fd, event) })
	}
}

// open makes the set and starts reading its events. mu is held.
func (s *Set) open() error {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return err
	}
	if err := unix.SetNonblock(fd, true); err != nil { // so that os polls it
		unix.Close(fd)
		return err
	}
	set := os.NewFile(uintptr(fd), "epoll")
	raw, err := set.SyscallConn()
	if err != nil {
		set.Close()
		return err
	}
	s.set, s.gone, s.done = set, map[uint64]func(){}, make(chan struct{})
	go s.read(raw, s.done)
	return nil
}

// read tells of hang-ups until the set is closed.
func (s *Set) read(raw syscall.RawConn, done chan<- struct{}) {
	defer close(done)
	events := make([]unix.EpollEvent, 64)
	for {
		n := 0
		err := raw.Read(func(fd uintptr) bool {
			n, _ = unix.EpollWait(int(fd), events, 0)
			return n > 0
		})
		if err != nil {
			return
		}
		for _, ev := range events[:n] {
			s.mu.Lock()
			gone := s.gone[uint64(uint32(ev.Fd))|uint64(uint32(ev.Pad))<<32]
			s.mu.Unlock()
			if gone != nil {
				gone()
			}
		}
	}
}

// Close ends the set, and returns when nothing is called any more. It must not
// be called by what the set calls.
func (s *Set) Close() {
	s.mu.Lock()
	set, done := s.set, s.done
	s.set, s.closed = nil, true
	s.mu.Unlock()
	if set != nil {
		set.Close()
		<-done
	}
}

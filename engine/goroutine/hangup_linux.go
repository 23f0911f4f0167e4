package goroutine

import (
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/internal/lifetime"
)

// hangUps tells connections that their client has hung up. It is an epoll set
// of those that want to know, which is itself polled by Go's poller: nothing
// is started before the first wants to know, and no OS thread waits.
type hangUps struct {
	mu    sync.Mutex // guards what follows; held for map and epoll_ctl only
	set   *os.File   // nil until the first watch
	conns map[uint64]*conn
	last  uint64
	done  chan struct{} // closed when nobody reads events any more
}

// Watch implements [lifetime.Watcher]. The connection stays in the set until
// unwatch.
func (c *conn) Watch(r *lifetime.Context) (hungUp bool) {
	c.mu.Lock()
	c.request = r
	add := c.watched == 0 && !c.hungUp
	hungUp = c.hungUp
	c.mu.Unlock()
	if !add {
		return hungUp
	}
	c.s.gone.add(c)
	return false
}

func (c *conn) unwatch() {
	c.mu.Lock()
	n := c.watched
	c.watched = 0
	c.mu.Unlock()
	if n != 0 {
		c.s.gone.remove(c, n)
	}
}

// hangUp ends the context of the request that is running.
func (c *conn) hangUp() {
	c.mu.Lock()
	c.hungUp = true
	r := c.request
	c.mu.Unlock()
	if r != nil {
		r.End()
	}
}

func (h *hangUps) add(c *conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.set == nil && h.open() != nil {
		return // out of descriptors: this client is not told about
	}
	h.last++
	n := h.last
	event := unix.EpollEvent{
		// Errors and hang-ups of both directions are always reported.
		Events: unix.EPOLLRDHUP | unix.EPOLLET,
		Fd:     int32(n), Pad: int32(n >> 32),
	}
	h.conns[n] = c
	c.mu.Lock()
	c.watched = n
	c.mu.Unlock()
	h.control(c, unix.EPOLL_CTL_ADD, &event)
}

func (h *hangUps) remove(c *conn, n uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.conns, n)
	h.control(c, unix.EPOLL_CTL_DEL, new(unix.EpollEvent))
}

// control registers or removes c's descriptor. An error means that it is
// closed, or that the kernel's limit of watches is reached.
func (h *hangUps) control(c *conn, op int, event *unix.EpollEvent) {
	_ = onDescriptor(h.set, func(set int) {
		_ = c.t.raw.Control(func(fd uintptr) { _ = unix.EpollCtl(set, op, int(fd), event) })
	})
}

func onDescriptor(f *os.File, do func(fd int)) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	return raw.Control(func(fd uintptr) { do(int(fd)) })
}

// open makes the set and starts reading its events. h.mu is held.
func (h *hangUps) open() error {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return err
	}
	if err := unix.SetNonblock(fd, true); err != nil { // so that os polls it
		unix.Close(fd)
		return err
	}
	h.set = os.NewFile(uintptr(fd), "epoll")
	h.conns = map[uint64]*conn{}
	h.done = make(chan struct{})
	raw, err := h.set.SyscallConn()
	if err != nil {
		return err
	}
	go h.read(raw)
	return nil
}

// read tells the connections whose clients have hung up, until the set is
// closed.
func (h *hangUps) read(raw syscall.RawConn) {
	defer close(h.done)
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
			h.mu.Lock()
			c := h.conns[uint64(uint32(ev.Fd))|uint64(uint32(ev.Pad))<<32]
			h.mu.Unlock()
			if c != nil {
				c.hangUp()
			}
		}
	}
}

// close ends the set. No connection is left that could want to watch.
func (h *hangUps) close() {
	h.mu.Lock()
	set, done := h.set, h.done
	h.mu.Unlock()
	if set != nil {
		set.Close()
		<-done
	}
}

package fiber

import (
	"context"
	"net"
	"os"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/internal/address"
)

// Dial connects, and waits for that as the calling fiber waits; it starts no
// goroutine, except for a name that has to be looked up by a fiber that
// suspends. The addresses of a name are tried one after the other.
func (g *Group) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	addrs, err := g.resolve(ctx, network, addr)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	var first error
	for _, a := range addrs {
		c, err := g.connect(ctx, network, a)
		if err == nil {
			return c, nil
		}
		if first == nil {
			first = &net.OpError{Op: "dial", Net: network, Addr: a, Err: err}
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, first
}

// resolve looks a name up. Go's resolver blocks the goroutine that calls it.
func (g *Group) resolve(ctx context.Context, network, addr string) (addrs []net.Addr, err error) {
	f := Current()
	if f == nil || f.wait != Suspend || address.Literal(network, addr) {
		return address.Resolve(ctx, network, addr)
	}
	var done atomic.Bool
	go func() {
		addrs, err = address.Resolve(ctx, network, addr)
		done.Store(true)
		f.Unpark()
	}()
	f.ParkFor(&done)
	return addrs, err
}

// connect makes a socket and connects it.
func (g *Group) connect(ctx context.Context, network string, to net.Addr) (*dialled, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	family, sa, err := address.Sockaddr(to)
	if err != nil {
		return nil, err
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	c := &dialled{network: network, remote: to}
	c.init(g, fd)
	if family != unix.AF_UNIX {
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1) // only latency depends on it
	}
	if err := c.connect(ctx, sa); err != nil {
		_ = c.end()
		return nil, err
	}
	c.local = address.Local(fd)
	return c, nil
}

func (s *socket) init(g *Group, fd int) {
	s.group, s.fd = g, fd
	s.refs.Store(1)
}

// connect waits until the connection stands, or ctx ends. A unix socket whose
// listener's queue is full says EAGAIN: there is nothing to wait for.
func (c *dialled) connect(ctx context.Context, sa unix.Sockaddr) error {
	err := unix.Connect(c.fd, sa)
	switch err {
	case nil:
		return c.register(c)
	case unix.EINPROGRESS, unix.EINTR: // it goes on by itself
	default:
		return os.NewSyscallError("connect", err)
	}
	// Not before connect: a socket that is not connecting is hung up, and that
	// would be the first edge.
	if err := c.register(c); err != nil {
		return err
	}
	if deadline, ok := ctx.Deadline(); ok {
		_ = c.setDeadline(deadline, &c.wr)
		defer c.wr.deadline.Store(0)
	}
	if ctx.Done() != nil {
		stop := context.AfterFunc(ctx, c.wr.interrupt)
		defer stop()
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		switch connected, err := c.connected(); {
		case err != nil:
			return err
		case connected:
			return nil
		}
		if err := c.wait(&c.wr, unix.POLLOUT); err != nil {
			if err == os.ErrDeadlineExceeded {
				err = context.DeadlineExceeded
			}
			return err
		}
	}
}

// connected reports whether the connection stands, or why it cannot.
func (s *socket) connected() (bool, error) {
	errno, err := unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return false, os.NewSyscallError("getsockopt", err)
	}
	if errno != 0 {
		return false, os.NewSyscallError("connect", syscall.Errno(errno))
	}
	_, err = unix.Getpeername(s.fd)
	return err == nil, nil
}

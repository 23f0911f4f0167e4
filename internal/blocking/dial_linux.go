package blocking

import (
	"context"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/address"
)

// Dial connects in a blocking connect(2). Names are looked up by Go's
// resolver, and their addresses tried one after the other. The end of ctx
// wakes a thread that sleeps in connect.
func Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	addrs, err := address.Resolve(ctx, network, addr)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	var errs []error
	for _, a := range addrs {
		s, err := connect(ctx, network, a)
		if err == nil {
			return s, nil
		}
		errs = append(errs, &net.OpError{Op: "dial", Net: network, Addr: a, Err: err})
		if ctx.Err() != nil {
			break
		}
	}
	return nil, errs[0]
}

// connect makes a socket and connects it.
func connect(ctx context.Context, network string, to net.Addr) (*Socket, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	family, sa, err := address.Sockaddr(to)
	if err != nil {
		return nil, err
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	s := New(fd, network, nil, to)
	if family != unix.AF_UNIX {
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1) // only latency depends on it
	}
	// Shutting a socket down while it connects ends the connect.
	stop := context.AfterFunc(ctx, func() { s.end(&s.wr) })
	err = s.connect(ctx, sa)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = s.Close()
		return nil, err
	}
	s.local = address.Local(fd)
	return s, nil
}

// connectTurn bounds one connect(2). Shutting down a socket whose connect has
// not begun yet does not end the connect, so the context is looked at again.
const connectTurn = time.Second

// connect blocks the thread in connect(2) until ctx's deadline at most. A
// connect that was interrupted, or whose time was up, goes on by itself:
// calling it again waits on.
func (s *Socket) connect(ctx context.Context, sa unix.Sockaddr) error {
	at := int64(forever)
	if deadline, ok := ctx.Deadline(); ok {
		at = account.Now() + int64(time.Until(deadline))
	}
	for {
		left := time.Duration(at - account.Now())
		if left <= 0 {
			return context.DeadlineExceeded
		}
		if err := s.wr.limit(s.fd, min(left, connectTurn)); err != nil {
			return err
		}
		err := unix.Connect(s.fd, sa)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil, err == unix.EISCONN:
			return nil
		case err == unix.EINTR, err == unix.EINPROGRESS, err == unix.EALREADY,
			err == unix.EAGAIN: // a unix socket, and its listener's queue is full
		default:
			return os.NewSyscallError("connect", err)
		}
	}
}

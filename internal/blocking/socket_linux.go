package blocking

import (
	"io"
	"net"
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A Socket is a net.Conn on a descriptor in blocking mode: Read is a read(2)
// in which the calling thread sleeps, Write a write(2). Like every net.Conn it
// may be used by several goroutines at once.
//
// A deadline is the socket's SO_RCVTIMEO or SO_SNDTIMEO, set before a call
// that may block. One that is set while another thread sleeps in the call, and
// passes, wakes that thread by shutdown(2), because nothing else does: that
// direction of the connection is then at its end for good.
type Socket struct {
	fd     int
	refs   atomic.Int32 // calls that use fd, plus one until Close; or'ed with closing
	rd, wr direction

	network       string
	local, remote net.Addr
}

// OnBlock has f called before and after each Read and Write that blocks, on its
// goroutine. It is set before the socket is used.
func (s *Socket) OnBlock(f func(begin bool)) { s.rd.onBlock, s.wr.onBlock = f, f }

// FD returns the descriptor, which is the socket's until Close.
func (s *Socket) FD() int { return s.fd }

// closing in refs keeps new calls out.
const closing = 1 << 30

// New takes over fd, which is in blocking mode.
func New(fd int, network string, local, remote net.Addr) *Socket {
	s := new(Socket)
	s.Init(fd, network, local, remote)
	return s
}

// Init is [New] for a Socket that is part of a larger value.
func (s *Socket) Init(fd int, network string, local, remote net.Addr) {
	s.fd, s.network, s.local, s.remote = fd, network, local, remote
	s.refs.Store(1)
	s.rd.option, s.rd.how = unix.SO_RCVTIMEO, unix.SHUT_RD
	s.wr.option, s.wr.how, s.wr.eager = unix.SO_SNDTIMEO, unix.SHUT_WR, true
}

func (s *Socket) acquire() bool {
	for {
		n := s.refs.Load()
		if n&closing != 0 {
			return false
		}
		if s.refs.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// release closes the descriptor behind the last user, never under one, whose
// system call would then meet whatever gets the number next.
func (s *Socket) release() error {
	if s.refs.Add(-1) == closing {
		return unix.Close(s.fd)
	}
	return nil
}

// Close closes the connection. Threads that sleep in a Read or Write wake, and
// get net.ErrClosed.
func (s *Socket) Close() error {
	for {
		n := s.refs.Load()
		if n&closing != 0 {
			return s.fail("close", net.ErrClosed)
		}
		if s.refs.CompareAndSwap(n, n|closing) {
			if n > 1 {
				_ = unix.Shutdown(s.fd, unix.SHUT_RDWR) // close(2) would not wake them
			}
			break
		}
	}
	if err := s.release(); err != nil {
		return s.fail("close", os.NewSyscallError("close", err))
	}
	return nil
}

// CloseWrite tells the peer that nothing more will come.
func (s *Socket) CloseWrite() error {
	if !s.acquire() {
		return s.fail("close", net.ErrClosed)
	}
	defer s.release() //nolint:errcheck // the peer is told already
	if err := unix.Shutdown(s.fd, unix.SHUT_WR); err != nil {
		return s.fail("close", os.NewSyscallError("shutdown", err))
	}
	return nil
}

// Read reads what is there, and blocks the thread while nothing is.
func (s *Socket) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if !s.acquire() {
		return 0, s.fail("read", net.ErrClosed)
	}
	defer s.release() //nolint:errcheck // nothing to lose: the user has closed it
	s.rd.mu.Lock()
	defer s.rd.mu.Unlock()
	n, err := s.rd.wait(s.fd,
		func() (int, error) { return Receive(s.fd, p, 0) },
		func() (int, error) { return unix.Read(s.fd, p) })
	switch {
	case err != nil:
		return 0, s.fail("read", err)
	case n > 0:
		return n, nil
	case s.refs.Load()&closing != 0:
		return 0, s.fail("read", net.ErrClosed)
	case s.rd.ended.Load():
		return 0, s.fail("read", os.ErrDeadlineExceeded)
	}
	return 0, io.EOF
}

// Write writes all of p, and blocks the thread while the peer's window is
// full.
func (s *Socket) Write(p []byte) (int, error) {
	if !s.acquire() {
		return 0, s.fail("write", net.ErrClosed)
	}
	defer s.release() //nolint:errcheck // as in Read
	s.wr.mu.Lock()
	defer s.wr.mu.Unlock()
	done := 0
	for done < len(p) {
		rest := p[done:]
		n, err := s.wr.wait(s.fd,
			func() (int, error) { return Send(s.fd, rest) },
			func() (int, error) { return unix.Write(s.fd, rest) })
		done += max(n, 0)
		switch {
		case err == nil:
		case s.refs.Load()&closing != 0:
			return done, s.fail("write", net.ErrClosed)
		case s.wr.ended.Load():
			return done, s.fail("write", os.ErrDeadlineExceeded)
		default:
			return done, s.fail("write", err)
		}
	}
	return done, nil
}

// Receive reads what is there, and does not wait: it returns EAGAIN if nothing
// is. flags are those of recv(2). So it need not tell Go's scheduler, and may be
// called on any thread.
func Receive(fd int, p []byte, flags int) (int, error) {
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), uintptr(flags|unix.MSG_DONTWAIT), 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// Send writes what fits, and does not wait: it returns EAGAIN if nothing does.
func Send(fd int, p []byte) (int, error) {
	n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// fail gives an error the form that package net's have.
func (s *Socket) fail(op string, err error) error {
	if errno, ok := err.(unix.Errno); ok {
		err = os.NewSyscallError(op, errno)
	}
	return &net.OpError{Op: op, Net: s.network, Source: s.local, Addr: s.remote, Err: err}
}

// LocalAddr implements [net.Conn].
func (s *Socket) LocalAddr() net.Addr { return s.local }

// RemoteAddr implements [net.Conn].
func (s *Socket) RemoteAddr() net.Addr { return s.remote }

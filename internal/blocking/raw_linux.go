package blocking

import (
	"errors"
	"net"
	"syscall"
)

// SyscallConn lends the descriptor, so that a connection pool can look without
// waiting whether the peer has closed.
func (s *Socket) SyscallConn() (syscall.RawConn, error) { return rawSocket{s}, nil }

// A rawSocket is a descriptor in blocking mode: there is no readiness to wait
// for, so it has Control only.
type rawSocket struct{ s *Socket }

func (r rawSocket) Control(f func(fd uintptr)) error {
	if !r.s.acquire() {
		return r.s.fail("control", net.ErrClosed)
	}
	defer r.s.release() //nolint:errcheck // closed by its user meanwhile
	f(uintptr(r.s.fd))
	return nil
}

func (r rawSocket) Read(func(fd uintptr) (done bool)) error { return errors.ErrUnsupported }

func (r rawSocket) Write(func(fd uintptr) (done bool)) error { return errors.ErrUnsupported }

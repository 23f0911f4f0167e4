package exchange

import (
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// Detach returns a socket in ordinary Go form, on a descriptor of its own. It is
// for a [Transport]'s NetConn, which closes the other one then.
func Detach(fd int) (net.Conn, error) {
	own, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	f := os.NewFile(uintptr(own), "")
	defer f.Close() //nolint:errcheck // FileConn has a duplicate
	return net.FileConn(f)
}

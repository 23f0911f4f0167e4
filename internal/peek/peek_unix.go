//go:build unix

package peek

import (
	"net"
	"syscall"
)

// Ended looks, without waiting, whether the peer has closed an idle connection
// or sent what nobody asked for. known is false if the connection cannot be
// looked at: it has no descriptor to show.
func Ended(c net.Conn) (ended, known bool) {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return false, false
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return false, false
	}
	err = raw.Control(func(fd uintptr) {
		var b [1]byte
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		ended = err != syscall.EAGAIN && err != syscall.EWOULDBLOCK && err != syscall.EINTR
	})
	return err != nil || ended, true
}

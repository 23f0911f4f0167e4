package load

import (
	"net"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

// deafServer listens with the shortest backlog and accepts nothing.
func deafServer(t *testing.T) (target string, stop func()) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 1); err != nil {
		t.Fatal(err)
	}
	sa, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	in := sa.(*unix.SockaddrInet4)
	a := netip.AddrPortFrom(netip.AddrFrom4(in.Addr), uint16(in.Port))
	return "http://" + net.TCPAddrFromAddrPort(a).String(), func() { unix.Close(fd) }
}

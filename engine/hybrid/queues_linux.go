package hybrid

import (
	"context"
	"fmt"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// queues returns a listener for each of n loops: ln, and more on its address,
// among which the kernel spreads the clients (socket(7), SO_REUSEPORT). Where an
// address cannot be shared, it is ln n times. ln is closed if that fails.
func queues(ctx context.Context, ln net.Listener, n int) ([]net.Listener, error) {
	all := []net.Listener{ln}
	if _, tcp := ln.Addr().(*net.TCPAddr); !tcp || n == 1 {
		for len(all) < n {
			all = append(all, ln)
		}
		return all, nil
	}
	for len(all) < n {
		l, err := beside(ctx, ln)
		if err != nil {
			closeAll(all)
			return nil, fmt.Errorf("hybrid: an accept queue for loop %d: %w", len(all)+1, err)
		}
		all = append(all, l)
	}
	return all, nil
}

func closeAll(all []net.Listener) {
	for _, l := range all {
		_ = l.Close()
	}
}

// beside returns a listener on the address of another, and of its kind.
func beside(ctx context.Context, ln net.Listener) (net.Listener, error) {
	sc, ok := ln.(syscall.Conn)
	if !ok {
		return nil, fmt.Errorf("a %T has no descriptor to share the address of; give a *net.TCPListener", ln)
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil, err
	}
	// That ln is bound already does not matter: the option is looked at when
	// another socket binds (inet_csk_bind_conflict), and listens.
	if err := control(raw, shareAddress); err != nil {
		return nil, fmt.Errorf("set SO_REUSEPORT: %w", err)
	}
	network := "tcp"
	multipath := false
	err = control(raw, func(fd int) error {
		if only, err := unix.GetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY); err == nil && only == 1 {
			network = "tcp6" // or a wildcard would take IPv4 as well
		}
		protocol, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PROTOCOL)
		multipath = protocol == unix.IPPROTO_MPTCP
		return err
	})
	if err != nil {
		return nil, err
	}
	lc := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error { return control(raw, shareAddress) }}
	lc.SetMultipathTCP(multipath)
	return lc.Listen(ctx, network, ln.Addr().String())
}

func shareAddress(fd int) error {
	return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
}

func control(raw syscall.RawConn, f func(fd int) error) (err error) {
	if failed := raw.Control(func(fd uintptr) { err = f(int(fd)) }); failed != nil {
		return failed
	}
	return err
}

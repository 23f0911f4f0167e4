package listener

import (
	"fmt"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// Take returns a duplicate of ln's descriptor, in ln's own (non-blocking) mode,
// and sets how many connections the kernel queues on it. The caller closes it,
// and ln: the socket listens until both are closed.
func Take(ln net.Listener, backlog int) (fd int, err error) {
	sc, ok := ln.(syscall.Conn)
	if !ok {
		return -1, fmt.Errorf("a %T has no descriptor to accept from; give a *net.TCPListener or a *net.UnixListener", ln)
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return -1, fmt.Errorf("take the listener's descriptor: %w", err)
	}
	fd = -1
	var dup error
	err = raw.Control(func(own uintptr) { fd, dup = unix.FcntlInt(own, unix.F_DUPFD_CLOEXEC, 0) })
	if err == nil {
		err = dup
	}
	if err != nil {
		return -1, fmt.Errorf("take the listener's descriptor: %w", err)
	}
	if err := unix.Listen(fd, backlog); err != nil { // again: it is allowed, and sets the length
		unix.Close(fd)
		return -1, fmt.Errorf("listen with backlog=%d: %w", backlog, err)
	}
	return fd, nil
}

// KeepOut keeps the kernel from beginning new connections on a listening TCP
// socket, by not answering their SYN, and lets it complete those whose
// handshake is under way. A listener that is merely closed resets what is in
// its queue, and a client may get into the queue at any moment up to the close.
// A client that is kept out tries again after a second, and is then refused.
//
// It fails where sockets have no such filter: on unix sockets, and on those for
// Multipath TCP, which is Go's default for listeners; one from
// net.ListenConfig with SetMultipathTCP(false) has it.
func KeepOut(fd int) error {
	if domain, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN); err != nil || domain == unix.AF_UNIX {
		return fmt.Errorf("listener: no filter for this kind of socket: %w", unix.EOPNOTSUPP)
	}
	if err := unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &noNewConnections); err != nil {
		return fmt.Errorf("listener: attach the filter: %w", err)
	}
	return nil
}

// noNewConnections drops segments that have SYN and not ACK; the filter sees
// the TCP header, whose byte 13 has the flags (RFC 9293, 3.1).
var noNewConnections = func() unix.SockFprog {
	const flags, syn, ack = 13, 0x02, 0x10
	program := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: flags},
		{Code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, K: syn | ack},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: syn, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: 0},          // drop
		{Code: unix.BPF_RET | unix.BPF_K, K: ^uint32(0)}, // keep, whole
	}
	return unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
}()

package goroutine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// An acceptor takes connections until its context ends, and then those that
// the kernel has already accepted.
type acceptor struct {
	ln      net.Listener
	ctx     context.Context
	backoff time.Duration
	end     time.Time // of the last connections; zero until the context ends
}

var errStopped = errors.New("stopped")

type deadliner interface{ SetDeadline(time.Time) error }

// interrupt wakes Accept when the context has ended.
func (a *acceptor) interrupt() {
	if d, ok := a.ln.(deadliner); !ok || d.SetDeadline(time.Unix(1, 0)) != nil {
		a.ln.Close()
	}
}

const (
	// settle is how long a handshake that is under way may take to complete.
	settle = 5 * time.Millisecond
	// settleMax bounds the last connections where SYNs cannot be dropped.
	settleMax = 250 * time.Millisecond
)

// Accept returns the next connection. It rides out errors that pass, and
// returns errStopped when the context has ended and all is taken.
func (a *acceptor) Accept() (net.Conn, error) {
	for {
		c, err := a.ln.Accept()
		if err == nil {
			a.backoff = 0
			if !a.end.IsZero() && a.settle() != nil {
				c.Close()
				return nil, errStopped
			}
			return c, nil
		}
		switch {
		case a.ctx.Err() != nil && a.end.IsZero() && errors.Is(err, os.ErrDeadlineExceeded):
			dropSYN(a.ln)
			a.end = time.Now().Add(settleMax)
			if a.settle() != nil {
				return nil, errStopped
			}
		case a.ctx.Err() != nil:
			return nil, errStopped
		case passes(err):
			a.wait()
		default:
			return nil, fmt.Errorf("accept: %w", err)
		}
	}
}

// settle gives the next of the last connections its time.
func (a *acceptor) settle() error {
	at := time.Now().Add(settle)
	if at.After(a.end) {
		at = a.end
	}
	return a.ln.(deadliner).SetDeadline(at)
}

// passes reports whether accepting again may succeed: the peer was gone
// already, or descriptors or memory ran out.
func passes(err error) bool {
	for _, e := range []error{unix.ECONNABORTED, unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM, unix.EINTR} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// wait backs off as net/http does: 5 ms, doubled up to a second.
func (a *acceptor) wait() {
	a.backoff = min(max(2*a.backoff, 5*time.Millisecond), time.Second)
	select {
	case <-time.After(a.backoff):
	case <-a.ctx.Done():
	}
}

// dropSYN keeps the kernel from beginning new connections on a listening
// socket, and lets it complete those whose handshake is under way. A listener
// that is merely closed resets what is in its queue, and a client may get into
// the queue at any moment up to the close. A client that is kept out tries
// again after a second, and is then refused. It is done as well as possible:
// other kinds of sockets ignore it.
func dropSYN(ln net.Listener) {
	sc, ok := ln.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return
	}
	const flags, syn, ack = 13, 0x02, 0x10 // RFC 9293, 3.1; the filter sees the TCP header
	program := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: flags},
		{Code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, K: syn | ack},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: syn, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: 0},          // SYN alone: drop
		{Code: unix.BPF_RET | unix.BPF_K, K: ^uint32(0)}, // anything else: keep
	}
	_ = raw.Control(func(fd uintptr) {
		if _, ok := ln.(*net.TCPListener); ok {
			_ = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
				&unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]})
		}
	})
}

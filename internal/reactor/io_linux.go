package reactor

import (
	"io"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ErrAgain is what [Read], [Write] and [Accept4] return, as it is (compare with
// ==), when the descriptor is not ready.
var ErrAgain error = unix.EAGAIN

// The functions below do not tell Go's scheduler that they enter the kernel: a
// third of the cost of a short system call, and a stop of the world would wait
// for one that blocks. So they are for descriptors in non-blocking mode only.

// Read reads from a descriptor in non-blocking mode. It returns [io.EOF] at
// the end of the stream, and else the errno.
func Read(fd int, p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		n, _, errno := unix.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)))
		switch {
		case errno == unix.EINTR:
		case errno != 0:
			return 0, errno
		case n == 0:
			return 0, io.EOF
		default:
			return int(n), nil
		}
	}
}

// Write writes to a descriptor in non-blocking mode. It may write less than p;
// the error is then nil, and the next Write says [ErrAgain].
func Write(fd int, p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		n, _, errno := unix.RawSyscall(unix.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)))
		switch {
		case errno == unix.EINTR:
		case errno != 0:
			return 0, errno
		default:
			return int(n), nil
		}
	}
}

// Accept4 accepts a connection from a listening descriptor in non-blocking
// mode. The new descriptor is in non-blocking mode, and closed on exec.
func Accept4(fd int) (int, error) {
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_ACCEPT4, uintptr(fd), 0, 0, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0, 0)
		switch {
		case errno == unix.EINTR:
		case errno != 0:
			return -1, errno
		default:
			return int(n), nil
		}
	}
}

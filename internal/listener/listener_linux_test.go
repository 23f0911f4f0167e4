package listener

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func listen(t *testing.T, multipath bool) net.Listener {
	t.Helper()
	var lc net.ListenConfig
	lc.SetMultipathTCP(multipath)
	ln, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln
}

func take(t *testing.T, ln net.Listener) int {
	t.Helper()
	fd, err := Take(ln, 16)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

func TestTakeSharesTheQueue(t *testing.T) {
	ln := listen(t, false)
	fd := take(t, ln)
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	got, _, err := unix.Accept4(fd, unix.SOCK_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(got)
	if _, _, err := unix.Accept4(fd, unix.SOCK_CLOEXEC); err != unix.EAGAIN {
		t.Errorf("an empty queue: %v", err)
	}
}

func TestTakeSaysWhatItNeeds(t *testing.T) {
	if _, err := Take(struct{ net.Listener }{}, 1); err == nil || !strings.Contains(err.Error(), "*net.TCPListener") {
		t.Errorf("%v", err)
	}
	ln := listen(t, false)
	ln.Close()
	if _, err := Take(ln, 1); !errors.Is(err, net.ErrClosed) {
		t.Errorf("of a closed listener: %v", err)
	}
}

func TestKeptOutClientsAreNotAnsweredAndNobodyIsReset(t *testing.T) {
	ln := listen(t, false)
	fd := take(t, ln)
	inQueue, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer inQueue.Close()
	if err := KeepOut(fd); err != nil {
		t.Fatal(err)
	}
	var timeout net.Error
	if _, err := net.DialTimeout("tcp", ln.Addr().String(), 50*time.Millisecond); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("a new client: %v", err)
	}
	c, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	var one [1]byte
	if _, err := inQueue.Read(one[:]); err != nil {
		t.Errorf("who was in the queue: %v", err)
	}
}

func TestKeepOutFailsWhereThereIsNoFilter(t *testing.T) {
	ln, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if err := KeepOut(take(t, ln)); !errors.Is(err, unix.EOPNOTSUPP) {
		t.Errorf("unix: %v", err)
	}
}

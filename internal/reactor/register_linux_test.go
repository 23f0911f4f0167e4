package reactor

import (
	"encoding/binary"
	"errors"
	"io"
	"testing"

	"golang.org/x/sys/unix"
)

type handlerFunc func(ev Events)

func (f handlerFunc) Ready(ev Events) { f(ev) }

// pair returns two connected non-blocking stream sockets.
func pair(t *testing.T) (a, b int) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	return fds[0], fds[1]
}

func write(t *testing.T, fd int, s string) {
	t.Helper()
	if n, err := Write(fd, []byte(s)); n != len(s) || err != nil {
		t.Fatalf("write: %d, %v", n, err)
	}
}

func eventfdCount(t *testing.T, r *Reactor) uint64 {
	t.Helper()
	var p [8]byte
	switch _, err := Read(r.wakefd, p[:]); err {
	case nil:
		return binary.NativeEndian.Uint64(p[:])
	case ErrAgain:
		return 0
	default:
		t.Fatal(err)
		return 0
	}
}

func TestReadinessReachesTheHandler(t *testing.T) {
	eachKind(t, func(t *testing.T, r *Reactor) {
		a, b := pair(t)
		defer unix.Close(a)
		var got Events
		if err := r.Add(a, Readable|PeerClosed, handlerFunc(func(ev Events) { got = ev })); err != nil {
			t.Fatal(err)
		}
		if err := r.Poll(0); err != nil || got != 0 {
			t.Fatalf("silent peer: %b, %v", got, err)
		}
		write(t, b, "x")
		turn(t, r, func() bool { return got != 0 })
		if got != Readable {
			t.Errorf("after a byte: %b, want Readable", got)
		}
		if err := r.Modify(a, Writable); err != nil {
			t.Fatal(err)
		}
		got = 0
		turn(t, r, func() bool { return got != 0 })
		if got != Writable {
			t.Errorf("after Modify: %b, want Writable", got)
		}
		if err := r.Modify(a, PeerClosed); err != nil {
			t.Fatal(err)
		}
		unix.Close(b)
		got = 0
		turn(t, r, func() bool { return got != 0 })
		if got != PeerClosed|Broken {
			t.Errorf("after the peer's close: %b, want PeerClosed|Broken", got)
		}
		if err := r.Remove(a); err != nil {
			t.Fatal(err)
		}
		got = 0
		if err := r.Poll(0); err != nil || got != 0 {
			t.Errorf("after Remove: %b, %v", got, err)
		}
	})
}

func TestOneShotFiresOncePerModify(t *testing.T) {
	eachKind(t, func(t *testing.T, r *Reactor) {
		a, b := pair(t)
		defer unix.Close(a)
		defer unix.Close(b)
		calls := 0
		if err := r.Add(a, Writable|OneShot, handlerFunc(func(Events) { calls++ })); err != nil {
			t.Fatal(err)
		}
		for want := 1; want <= 3; want++ {
			for range 3 {
				if err := r.Poll(0); err != nil {
					t.Fatal(err)
				}
			}
			if calls != want {
				t.Fatalf("%d calls, want %d", calls, want)
			}
			if err := r.Modify(a, Writable|OneShot); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestEdgeFiresOncePerChange(t *testing.T) {
	eachKind(t, func(t *testing.T, r *Reactor) {
		a, b := pair(t)
		defer unix.Close(a)
		defer unix.Close(b)
		calls := 0
		if err := r.Add(a, Readable|Edge, handlerFunc(func(Events) { calls++ })); err != nil {
			t.Fatal(err)
		}
		for want := 1; want <= 3; want++ {
			write(t, b, "x")
			for range 3 {
				if err := r.Poll(0); err != nil {
					t.Fatal(err)
				}
			}
			if calls != want {
				t.Fatalf("%d calls, want %d", calls, want)
			}
		}
	})
}

// Two descriptors become ready in one batch. Whichever handler runs first
// removes and closes the other, and a new descriptor takes over its number and
// its place in the table: the event that was fetched for the old one must reach
// nobody.
func TestAStaleEventDoesNotReachTheNextOwnerOfTheNumber(t *testing.T) {
	eachKind(t, func(t *testing.T, r *Reactor) {
		a, apeer := pair(t)
		b, bpeer := pair(t)
		var first, stale, next int
		successor := handlerFunc(func(Events) { next++ })
		replace := func(other int) handlerFunc {
			return func(Events) {
				if first++; first > 1 {
					stale++
					return
				}
				if err := r.Remove(other); err != nil {
					t.Error(err)
				}
				silent, peer := pair(t)
				t.Cleanup(func() { unix.Close(peer) })
				// The kernel's lowest free number is not always the one just
				// closed; dup3 closes and reuses exactly that.
				if err := unix.Dup3(silent, other, unix.O_CLOEXEC); err != nil {
					t.Error(err)
				}
				unix.Close(silent)
				if err := r.Add(other, Readable, successor); err != nil {
					t.Error(err)
				}
			}
		}
		for fd, h := range map[int]handlerFunc{a: replace(b), b: replace(a)} {
			if err := r.Add(fd, Readable|Edge, h); err != nil {
				t.Fatal(err)
			}
		}
		write(t, apeer, "x")
		write(t, bpeer, "x")
		for range 3 {
			if err := r.Poll(0); err != nil {
				t.Fatal(err)
			}
		}
		if first != 1 || stale != 0 || next != 0 {
			t.Errorf("first handler ran %d times, removed one %d, its successor %d; want 1, 0, 0", first, stale, next)
		}
		for _, fd := range []int{a, b, apeer, bpeer} {
			unix.Close(fd)
		}
	})
}

func TestAHandlerMayRemoveItself(t *testing.T) {
	eachKind(t, func(t *testing.T, r *Reactor) {
		a, b := pair(t)
		defer unix.Close(b)
		calls := 0
		err := r.Add(a, Readable, handlerFunc(func(Events) {
			calls++
			if err := r.Remove(a); err != nil {
				t.Error(err)
			}
			unix.Close(a)
		}))
		if err != nil {
			t.Fatal(err)
		}
		write(t, b, "x")
		for range 3 {
			if err := r.Poll(0); err != nil {
				t.Fatal(err)
			}
		}
		if calls != 1 {
			t.Errorf("%d calls, want 1", calls)
		}
	})
}

func TestRegistrationErrorsNameTheCall(t *testing.T) {
	eachKind(t, func(t *testing.T, r *Reactor) {
		a, b := pair(t)
		defer unix.Close(a)
		defer unix.Close(b)
		h := handlerFunc(func(Events) {})
		if err := r.Add(a, Readable, h); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name string
			err  error
			want error
		}{
			{"a second Add", r.Add(a, Readable, h), unix.EEXIST},
			{"Add of no descriptor", r.Add(-1, Readable, h), unix.EBADF},
			{"Modify of a stranger", r.Modify(b, Readable), unix.ENOENT},
			{"Remove of a stranger", r.Remove(b), unix.ENOENT},
			{"Remove of a negative number", r.Remove(-1), unix.ENOENT},
			{"Remove past the table", r.Remove(1 << 20), unix.ENOENT},
		} {
			if !errors.Is(c.err, c.want) {
				t.Errorf("%s: %v, want %v", c.name, c.err, c.want)
			}
		}
		if r.Add(b, Readable, nil) == nil {
			t.Error("Add with a nil handler succeeded")
		}
		// The first registration is unharmed.
		if err := r.Remove(a); err != nil {
			t.Error(err)
		}
	})
}

func TestRawCallsSaySentinels(t *testing.T) {
	a, b := pair(t)
	defer unix.Close(a)
	var p [4]byte
	if _, err := Read(a, p[:]); err != ErrAgain {
		t.Errorf("nothing to read: %v, want ErrAgain", err)
	}
	write(t, b, "abcdef")
	if n, err := Read(a, p[:]); n != 4 || err != nil || string(p[:]) != "abcd" {
		t.Errorf("%d, %v, %q", n, err, p)
	}
	if n, err := Read(a, nil); n != 0 || err != nil {
		t.Errorf("empty read: %d, %v", n, err)
	}
	unix.Close(b)
	if n, err := Read(a, p[:]); n != 2 || err != nil {
		t.Errorf("rest: %d, %v", n, err)
	}
	if _, err := Read(a, p[:]); err != io.EOF {
		t.Errorf("end: %v, want io.EOF", err)
	}
	if _, err := Write(a, p[:]); err != unix.EPIPE {
		t.Errorf("write to a closed peer: %v, want EPIPE", err)
	}
	full, peer := pair(t)
	defer unix.Close(full)
	defer unix.Close(peer)
	block := make([]byte, 1<<20)
	var err error
	for err == nil {
		_, err = Write(full, block)
	}
	if err != ErrAgain {
		t.Errorf("full buffer: %v, want ErrAgain", err)
	}
}

func TestAccept4GivesNonBlockingDescriptors(t *testing.T) {
	ln, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(ln)
	if err := unix.Bind(ln, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(ln, 8); err != nil {
		t.Fatal(err)
	}
	if _, err := Accept4(ln); err != ErrAgain {
		t.Fatalf("nobody there: %v, want ErrAgain", err)
	}
	addr, err := unix.Getsockname(ln)
	if err != nil {
		t.Fatal(err)
	}
	c, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(c)
	if err := unix.Connect(c, addr); err != nil {
		t.Fatal(err)
	}
	s, err := Accept4(ln)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(s)
	var p [1]byte
	if _, err := Read(s, p[:]); err != ErrAgain {
		t.Errorf("read: %v, want ErrAgain", err)
	}
}

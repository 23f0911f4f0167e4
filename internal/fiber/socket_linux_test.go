package fiber

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"weak"

	"golang.org/x/sys/unix"
)

const patience = 20 * time.Second

// user is a way to use a connection: on a fiber that suspends, on one whose
// thread waits, on one that is pinned, on a goroutine that is none.
type user struct {
	name string
	run  func(c *carriers, f func())
}

var users = []user{
	{"suspended", func(c *carriers, f func()) { c.run(func(*Fiber) { f() }) }},
	{"blocked", func(c *carriers, f func()) { c.run(func(me *Fiber) { me.SetWait(Block); f() }) }},
	{"pinned", func(c *carriers, f func()) { c.run(func(me *Fiber) { me.SetWait(Pin); f() }) }},
	{"foreign", func(_ *carriers, f func()) { f() }},
}

// eachUser runs a test with every kind of user, on a connection and its peer.
func eachUser(t *testing.T, network string, f func(t *testing.T, run func(func()), ours net.Conn, theirs net.Conn)) {
	for _, u := range users {
		t.Run(u.name, func(t *testing.T) {
			c := newCarriers(t, 2)
			defer c.stop(t)
			ln := listen(t, network)
			var ours net.Conn
			c.run(func(*Fiber) {
				var err error
				if ours, err = c.group.Dial(context.Background(), network, ln.Addr().String()); err != nil {
					t.Error(err)
				}
			})
			theirs, err := ln.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer theirs.Close()
			defer ours.Close()
			f(t, func(f func()) { u.run(c, f) }, ours, theirs)
		})
	}
}

func listen(t *testing.T, network string) net.Listener {
	t.Helper()
	address := "127.0.0.1:0"
	if network == "unix" {
		address = filepath.Join(t.TempDir(), "s")
	}
	ln, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln
}

// waits tells when somebody waits for the gate, in whichever way.
func waits(t *testing.T, g *gate) {
	t.Helper()
	for end := time.Now().Add(patience); g.state.Load() != waiting && g.thread.Load() == nil; time.Sleep(100 * time.Microsecond) {
		if time.Now().After(end) {
			t.Error("nobody waits")
			return
		}
	}
}

func TestBytesPassInWhateverPieces(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			eachUser(t, network, func(t *testing.T, run func(func()), ours, theirs net.Conn) {
				go func() { // echoes
					defer theirs.Close()
					io.Copy(theirs, theirs)
				}()
				sent := strings.Repeat("0123456789", 100_000)
				var got strings.Builder
				var both sync.WaitGroup
				both.Go(func() {
					run(func() {
						if _, err := io.WriteString(ours, sent); err != nil {
							t.Error(err)
						}
						if err := ours.(*dialled).CloseWrite(); err != nil {
							t.Error(err)
						}
					})
				})
				both.Go(func() {
					run(func() {
						if _, err := io.CopyBuffer(&got, struct{ io.Reader }{ours}, make([]byte, 777)); err != nil {
							t.Error(err)
						}
					})
				})
				both.Wait()
				if got.String() != sent {
					t.Errorf("%d bytes came back, or others than the %d that were sent", got.Len(), len(sent))
				}
			})
		})
	}
}

// After a short read the socket waits for an edge without asking. The end of
// the stream that came with the last bytes must not be missed.
func TestTheEndThatCameWithTheLastBytesIsRead(t *testing.T) {
	eachUser(t, "tcp", func(t *testing.T, run func(func()), ours, theirs net.Conn) {
		io.WriteString(theirs, "last")
		theirs.Close()
		fd := ours.(*dialled).fd
		for end := time.Now().Add(patience); !ended(fd) && time.Now().Before(end); time.Sleep(time.Millisecond) {
		}
		run(func() {
			b := make([]byte, 100)
			if n, err := ours.Read(b); n != 4 || err != nil {
				t.Errorf("%d %v", n, err)
			}
			if n, err := ours.Read(b); n != 0 || err != io.EOF {
				t.Errorf("%d %v", n, err)
			}
		})
	})
}

// ended reports whether the peer has closed, without reading.
func ended(fd int) bool {
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}
	n, _ := unix.Poll(fds, 0)
	return n == 1
}

func TestADeadlineSetElsewhereEndsAWait(t *testing.T) {
	eachUser(t, "tcp", func(t *testing.T, run func(func()), ours, theirs net.Conn) {
		for _, d := range []time.Duration{-time.Second, 5 * time.Millisecond} {
			done := make(chan error)
			go run(func() {
				_, err := ours.Read(make([]byte, 1))
				done <- err
			})
			waits(t, &ours.(*dialled).rd)
			ours.SetDeadline(time.Now().Add(d))
			if err := <-done; !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("in %v: %v", d, err)
			}
			ours.SetDeadline(time.Time{})
		}
		// What came meanwhile is still there.
		io.WriteString(theirs, "x")
		run(func() {
			if _, err := io.ReadFull(ours, make([]byte, 1)); err != nil {
				t.Error(err)
			}
		})
	})
}

// A deadline that is put off in time does not end the wait, although its timer
// runs.
func TestADeadlineIsPutOff(t *testing.T) {
	eachUser(t, "tcp", func(t *testing.T, run func(func()), ours, theirs net.Conn) {
		type result struct {
			n   int
			err error
		}
		for {
			done := make(chan result)
			first := time.Now().Add(20 * time.Millisecond)
			ours.SetReadDeadline(first)
			go run(func() {
				n, err := ours.Read(make([]byte, 1))
				done <- result{n, err}
			})
			waits(t, &ours.(*dialled).rd)
			ours.SetReadDeadline(time.Now().Add(time.Hour))
			inTime := time.Now().Before(first)
			time.AfterFunc(time.Until(first)+5*time.Millisecond, func() { theirs.Write([]byte("x")) })
			r := <-done
			if inTime {
				if r.n != 1 || r.err != nil {
					t.Errorf("ended by the first deadline: %d %v", r.n, r.err)
				}
				return
			}
			if r.err != nil { // this machine was too slow for the question
				ours.SetReadDeadline(time.Time{})
				run(func() { ours.Read(make([]byte, 1)) })
			}
		}
	})
}

// A timer that was to end a wait would keep what it belongs to until its time.
func TestAClosedConnectionIsForgottenBeforeItsDeadline(t *testing.T) {
	c := newCarriers(t, 2)
	defer c.stop(t)
	ln := listen(t, "tcp")
	var gone weak.Pointer[dialled]
	c.run(func(*Fiber) {
		ours, err := c.group.Dial(context.Background(), "tcp", ln.Addr().String())
		if err != nil {
			t.Error(err)
			return
		}
		theirs, err := ln.Accept()
		if err != nil {
			t.Error(err)
			return
		}
		defer theirs.Close()
		conn := ours.(*dialled)
		gone = weak.Make(conn)
		_ = ours.SetDeadline(time.Now().Add(time.Hour))
		go func() {
			waits(t, &conn.rd)
			_, _ = theirs.Write([]byte{1})
		}()
		if _, err := ours.Read(make([]byte, 1)); err != nil {
			t.Error(err)
		}
		if err := ours.Close(); err != nil {
			t.Error(err)
		}
	})
	for end := time.Now().Add(patience); gone.Value() != nil; runtime.GC() {
		if time.Now().After(end) {
			t.Fatal("it is still there")
		}
	}
}

func TestCloseElsewhereEndsAWait(t *testing.T) {
	eachUser(t, "tcp", func(t *testing.T, run func(func()), ours, theirs net.Conn) {
		done := make(chan error)
		go run(func() {
			_, err := ours.Read(make([]byte, 1))
			done <- err
		})
		waits(t, &ours.(*dialled).rd)
		if err := ours.Close(); err != nil {
			t.Error(err)
		}
		if err := <-done; !errors.Is(err, net.ErrClosed) {
			t.Errorf("%v", err)
		}
		if err := ours.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("closed twice: %v", err)
		}
		for _, err := range []error{ours.SetDeadline(time.Time{}), ours.(*dialled).CloseWrite()} {
			if !errors.Is(err, net.ErrClosed) {
				t.Errorf("after Close: %v", err)
			}
		}
		theirs.SetReadDeadline(time.Now().Add(patience))
		if _, err := theirs.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("the peer: %v", err)
		}
	})
}

func TestAWriteWaitsForThePeer(t *testing.T) {
	eachUser(t, "tcp", func(t *testing.T, run func(func()), ours, theirs net.Conn) {
		big := make([]byte, 16<<20)
		done := make(chan error)
		go run(func() {
			_, err := ours.Write(big)
			done <- err
		})
		waits(t, &ours.(*dialled).wr)
		ours.SetWriteDeadline(time.Unix(1, 0))
		if err := <-done; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%v", err)
		}
		ours.SetWriteDeadline(time.Time{})
		go io.Copy(io.Discard, theirs)
		run(func() {
			if n, err := ours.Write(big); n != len(big) || err != nil {
				t.Errorf("%d %v", n, err)
			}
		})
		theirs.Close()
		run(func() {
			var err error
			for err == nil { // until the reset is here
				_, err = ours.Write(big)
			}
			if !errors.Is(err, unix.EPIPE) && !errors.Is(err, unix.ECONNRESET) {
				t.Errorf("to nobody: %v", err)
			}
		})
	})
}

func TestASecondReaderIsToldSo(t *testing.T) {
	eachUser(t, "tcp", func(t *testing.T, run func(func()), ours, theirs net.Conn) {
		done := make(chan error)
		go run(func() {
			_, err := ours.Read(make([]byte, 1))
			done <- err
		})
		waits(t, &ours.(*dialled).rd)
		if _, err := ours.Read(make([]byte, 1)); !errors.Is(err, errShared) {
			t.Errorf("%v", err)
		}
		theirs.Close()
		if err := <-done; err != io.EOF {
			t.Errorf("the first: %v", err)
		}
	})
}

func TestDialGivesUpWithItsContext(t *testing.T) {
	for _, u := range users {
		t.Run(u.name, func(t *testing.T) {
			c := newCarriers(t, 2)
			defer c.stop(t)
			// A listener whose queue is full does not answer: connecting takes
			// as long as anybody waits.
			fd, address := fullListener(t)
			defer unix.Close(fd)
			for want, limit := range map[error]func() (context.Context, context.CancelFunc){
				context.DeadlineExceeded: func() (context.Context, context.CancelFunc) {
					return context.WithTimeout(context.Background(), 20*time.Millisecond)
				},
				context.Canceled: func() (context.Context, context.CancelFunc) {
					ctx, cancel := context.WithCancel(context.Background())
					time.AfterFunc(20*time.Millisecond, cancel)
					return ctx, cancel
				},
			} {
				ctx, cancel := limit()
				var err error
				u.run(c, func() { _, err = c.group.Dial(ctx, "tcp", address) })
				if !errors.Is(err, want) {
					t.Errorf("%v, want %v", err, want)
				}
				cancel()
			}
		})
	}
}

func fullListener(t *testing.T) (fd int, address string) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	sa, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address = net.JoinHostPort("127.0.0.1", strconv.Itoa(sa.(*unix.SockaddrInet4).Port))
	for { // until one is not answered any more
		conn, err := net.DialTimeout("tcp", address, 50*time.Millisecond)
		if err != nil {
			return fd, address
		}
		t.Cleanup(func() { conn.Close() })
	}
}

func TestDialLooksNamesUp(t *testing.T) {
	for _, u := range users {
		t.Run(u.name, func(t *testing.T) {
			c := newCarriers(t, 2)
			defer c.stop(t)
			ln := listen(t, "tcp")
			_, port, _ := net.SplitHostPort(ln.Addr().String())
			u.run(c, func() {
				conn, err := c.group.Dial(context.Background(), "tcp4", "localhost:"+port)
				if err != nil {
					t.Error(err)
					return
				}
				if conn.RemoteAddr().String() != ln.Addr().String() {
					t.Errorf("connected to %v", conn.RemoteAddr())
				}
				conn.Close()
				var dns *net.DNSError
				if _, err := c.group.Dial(context.Background(), "tcp", "no-such-host.invalid:80"); !errors.As(err, &dns) {
					t.Errorf("%v", err)
				}
			})
		})
	}
}

package blocking

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/internal/address"
)

// await polls until a state is there.
func await(t testing.TB, what string, state func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !state(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pair returns a connection of ours and its peer.
func pair(t *testing.T) (*Socket, *net.TCPConn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	c, err := Dial(context.Background(), "tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	peer, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(); peer.Close() })
	if c.LocalAddr().String() != peer.RemoteAddr().String() || c.RemoteAddr().String() != peer.LocalAddr().String() {
		t.Errorf("addresses %v, %v; the peer's are %v, %v", c.LocalAddr(), c.RemoteAddr(), peer.LocalAddr(), peer.RemoteAddr())
	}
	return c.(*Socket), peer.(*net.TCPConn)
}

// blocked returns when a call of that direction sleeps, or is about to.
func blocked(t *testing.T, d *direction) {
	t.Helper()
	await(t, "a call blocks", func() bool { return d.until.Load() != 0 })
}

func isDeadline(err error) bool {
	var n net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) && errors.As(err, &n) && n.Timeout()
}

func TestSocketReadsAndWrites(t *testing.T) {
	c, peer := pair(t)
	if _, err := c.Write([]byte("ping")); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 10)
	if n, err := peer.Read(b); string(b[:n]) != "ping" {
		t.Fatalf("peer got %q, %v", b[:n], err)
	}
	if _, err := peer.Write([]byte("pong")); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Read(b); string(b[:n]) != "pong" {
		t.Fatalf("got %q, %v", b[:n], err)
	}
	peer.Close()
	if n, err := c.Read(b); n != 0 || err != io.EOF {
		t.Errorf("after the peer's end: %d, %v", n, err)
	}
}

func TestSocketWritesAllOfMoreThanFits(t *testing.T) {
	c, peer := pair(t)
	data := bytes.Repeat([]byte("0123456789abcdef"), 1<<19)
	got := make(chan []byte, 1)
	go func() {
		b, _ := io.ReadAll(peer)
		got <- b
	}()
	if n, err := c.Write(data); n != len(data) || err != nil {
		t.Fatalf("wrote %d of %d: %v", n, len(data), err)
	}
	c.Close()
	if b := <-got; !bytes.Equal(b, data) {
		t.Errorf("the peer got %d bytes, and not those of %d", len(b), len(data))
	}
}

func TestSocketReadDeadline(t *testing.T) {
	c, peer := pair(t)
	_ = c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	if _, err := c.Read(make([]byte, 1)); !isDeadline(err) {
		t.Fatalf("got %v", err)
	}
	// It is not the end: what comes later can be read with another deadline.
	_ = c.SetReadDeadline(time.Time{})
	if _, err := peer.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Read(make([]byte, 1)); n != 1 {
		t.Fatalf("after the deadline was taken off: %v", err)
	}
	_ = c.SetReadDeadline(time.Unix(1, 0))
	if _, err := c.Read(make([]byte, 1)); !isDeadline(err) {
		t.Fatalf("with a deadline in the past: %v", err)
	}
}

func TestSocketWriteDeadline(t *testing.T) {
	c, _ := pair(t)
	_ = c.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
	if n, err := c.Write(make([]byte, 64<<20)); !isDeadline(err) || n == 64<<20 {
		t.Errorf("wrote %d to a peer that does not read, %v", n, err)
	}
}

func TestSocketDeadlineOfAnotherGoroutineWakes(t *testing.T) {
	for _, test := range []struct {
		name string
		at   func() time.Time
		old  time.Time
	}{
		{"in the past, none before", func() time.Time { return time.Unix(1, 0) }, time.Time{}},
		{"in the past, a long one before", func() time.Time { return time.Unix(1, 0) }, time.Now().Add(time.Hour)},
		{"soon, none before", func() time.Time { return time.Now().Add(20 * time.Millisecond) }, time.Time{}},
		{"soon, a long one before", func() time.Time { return time.Now().Add(20 * time.Millisecond) }, time.Now().Add(time.Hour)},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, _ := pair(t)
			_ = c.SetDeadline(test.old)
			got := make(chan error, 2)
			go func() {
				_, err := c.Read(make([]byte, 1))
				got <- err
			}()
			go func() {
				_, err := c.Write(make([]byte, 64<<20))
				got <- err
			}()
			blocked(t, &c.rd)
			blocked(t, &c.wr)
			_ = c.SetDeadline(test.at())
			for range 2 {
				if err := <-got; !isDeadline(err) {
					t.Errorf("woke with %v", err)
				}
			}
		})
	}
}

func TestSocketDeadlineOfAnotherGoroutineExtends(t *testing.T) {
	c, peer := pair(t)
	_ = c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	got := make(chan error, 1)
	go func() {
		_, err := c.Read(make([]byte, 1))
		got <- err
	}()
	blocked(t, &c.rd)
	until := c.rd.until.Load()
	_ = c.SetReadDeadline(time.Now().Add(time.Hour))
	await(t, "it waits for the new deadline", func() bool { return c.rd.until.Load() > until })
	if _, err := peer.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := <-got; err != nil {
		t.Error(err)
	}
}

func TestSocketCloseWakes(t *testing.T) {
	c, _ := pair(t)
	got := make(chan error, 1)
	go func() {
		_, err := c.Read(make([]byte, 1))
		got <- err
	}()
	blocked(t, &c.rd)
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := <-got; !errors.Is(err, net.ErrClosed) {
		t.Errorf("the reader woke with %v", err)
	}
	for name, err := range map[string]error{
		"Close": c.Close(), "CloseWrite": c.CloseWrite(), "SetDeadline": c.SetDeadline(time.Time{}),
		"Read":  second(c.Read(make([]byte, 1))),
		"Write": second(c.Write(make([]byte, 1))),
	} {
		if !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s of a closed connection: %v", name, err)
		}
	}
}

func second(_ int, err error) error { return err }

func TestDialErrors(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := ln.Addr().String()
	ln.Close()
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	late, cancel := context.WithDeadline(context.Background(), time.Unix(1, 0))
	defer cancel()
	for _, test := range []struct {
		name    string
		ctx     context.Context
		network string
		address string
		want    error
	}{
		{"nobody listens", context.Background(), "tcp", nobody, unix.ECONNREFUSED},
		{"context ended", ended, "tcp", nobody, context.Canceled},
		{"deadline passed", late, "tcp", nobody, context.DeadlineExceeded},
		{"no such network", context.Background(), "carrier-pigeon", nobody, net.UnknownNetworkError("carrier-pigeon")},
		{"no such socket", context.Background(), "unix", t.TempDir() + "/none", unix.ENOENT},
	} {
		var op *net.OpError
		if c, err := Dial(test.ctx, test.network, test.address); !errors.Is(err, test.want) || !errors.As(err, &op) || op.Op != "dial" {
			t.Errorf("%s: %v, %v", test.name, c, err)
		}
	}
	if _, err := Dial(context.Background(), "tcp", "127.0.0.1"); err == nil {
		t.Error("dialled an address without a port")
	}
}

func TestDialName(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	for _, host := range []string{"localhost", "", "127.0.0.1"} {
		c, err := Dial(context.Background(), "tcp4", net.JoinHostPort(host, port))
		if err != nil {
			t.Errorf("host %q: %v", host, err)
			continue
		}
		c.Close()
	}
}

// A listener whose queue is full lets connects hang; the context ends that.
func TestDialIsEndedByItsContext(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := errors.Join(unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), unix.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	address := address.Local(fd).String()
	for { // until the queue is full
		c, err := net.DialTimeout("tcp", address, 200*time.Millisecond)
		if err != nil {
			break
		}
		defer c.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := Dial(ctx, "tcp", address); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("deadline: %v", err)
	}
	ctx, cancel = context.WithCancel(context.Background())
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, err := Dial(ctx, "tcp", address); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

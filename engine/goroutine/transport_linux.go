package goroutine

import (
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/internal/exchange"
)

// A netConn is what a connection must be: on a descriptor, and able to close
// one direction. TCP and Unix connections are.
type netConn interface {
	net.Conn
	syscall.Conn
	CloseWrite() error
}

// A transport is a connection as the exchange sees it. What it adds to Go's
// is the wait for the next request, which holds no buffer.
type transport struct {
	netConn
	raw syscall.RawConn

	look    func(fd uintptr) bool // await's, made once
	lookErr error                 // of look

	ahead []byte           // what await has read and Read not yet returned
	first *[firstSize]byte // of the pool, that ahead is in

	armed  bool // a deadline of await is set, which is none of Read
	writes atomic.Int64
	failed atomic.Bool // a write failed: the answer is not complete
	handed func()      // called when a handler takes the connection over
}

var _ exchange.Transport = (*transport)(nil)

const firstSize = 2 << 10

// firsts are the buffers of first reads. They are smaller than the exchange's
// own, which is empty when it asks for a head: so it takes all of one at once,
// and none is left when a handler takes the connection over.
var firsts = sync.Pool{New: func() any { return new([firstSize]byte) }}

func newTransport(c netConn) (*transport, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	t := &transport{netConn: c, raw: raw}
	t.look = func(fd uintptr) bool {
		var again bool
		again, t.lookErr = t.receive(int(fd))
		return !again
	}
	return t, nil
}

// await waits until there is something to read, and reads it. It needs no
// more system calls than a Read, and while it waits it holds no buffer.
func (t *transport) await() error {
	if err := t.raw.Read(t.look); err != nil {
		return err
	}
	return t.lookErr
}

// receive reads what is there; again says that nothing is.
func (t *transport) receive(fd int) (again bool, err error) {
	buf := firsts.Get().(*[firstSize]byte)
	n, err := ignoringEINTR(fd, buf[:])
	if n > 0 {
		t.first, t.ahead = buf, buf[:n]
		return false, nil
	}
	firsts.Put(buf)
	switch {
	case err == unix.EAGAIN:
		return true, nil
	case err != nil:
		return false, os.NewSyscallError("read", err)
	}
	return false, io.EOF
}

func ignoringEINTR(fd int, p []byte) (n int, err error) {
	for {
		if n, err = unix.Read(fd, p); err != unix.EINTR {
			return n, err
		}
	}
}

// poll takes what is there without waiting, past any deadline, and reports
// whether there was anything.
func (t *transport) poll() bool {
	got := false
	err := t.raw.Control(func(fd uintptr) {
		again, err := t.receive(int(fd))
		got = !again && err == nil
	})
	return err == nil && got
}

// Read implements [exchange.Transport].
func (t *transport) Read(p []byte) (int, error) {
	if t.first != nil {
		n := copy(p, t.ahead)
		if t.ahead = t.ahead[n:]; len(t.ahead) == 0 {
			firsts.Put(t.first)
			t.first, t.ahead = nil, nil
		}
		return n, nil
	}
	if t.armed {
		t.armed = false
		if err := t.netConn.SetReadDeadline(time.Time{}); err != nil {
			return 0, err
		}
	}
	return t.netConn.Read(p)
}

// Write implements [exchange.Transport].
func (t *transport) Write(p []byte) (int, error) {
	t.writes.Add(1)
	n, err := t.netConn.Write(p)
	if err != nil {
		t.failed.Store(true)
	}
	return n, err
}

// ReadFrom lets the kernel send files and connections by itself.
func (t *transport) ReadFrom(src io.Reader) (int64, error) {
	t.writes.Add(1)
	n, err := readFrom(t.netConn, src)
	if err != nil {
		t.failed.Store(true)
	}
	return n, err
}

// readFrom copies src to c, which only a TCP connection does by itself.
func readFrom(c netConn, src io.Reader) (int64, error) {
	if c, ok := c.(*net.TCPConn); ok {
		return c.ReadFrom(src)
	}
	return io.Copy(struct{ io.Writer }{c}, src)
}

// SetReadDeadline implements [exchange.Transport].
func (t *transport) SetReadDeadline(at time.Time) error {
	t.armed = false
	return t.netConn.SetReadDeadline(at)
}

// NetConn implements [exchange.Transport].
func (t *transport) NetConn() (net.Conn, error) {
	t.handed()
	return t.netConn, nil
}

// hangUpTime is how long a client has to close its side of a connection that
// is closed on this one: net/http's rstAvoidanceDelay.
const hangUpTime = 500 * time.Millisecond

// hangUp ends what is written and waits for the client to do the same:
// closing a socket with unread input resets it, and an answer on its way would
// be lost. The caller closes.
func hangUp(c netConn) {
	end := time.Now().Add(hangUpTime)
	if c.CloseWrite() != nil || c.SetReadDeadline(end) != nil {
		return
	}
	buf := firsts.Get().(*[firstSize]byte)
	defer firsts.Put(buf)
	for {
		if _, err := c.Read(buf[:]); err != nil {
			return
		}
	}
}

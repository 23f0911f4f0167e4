package loop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/internal/address"
	"github.com/plimsoll-dev/plimsoll/internal/reactor"
	"github.com/plimsoll-dev/plimsoll/internal/wire"
)

// A caller asks HTTP servers by callbacks, on the loop's goroutine. A question
// under way keeps neither a stack nor a buffer: what is received goes through
// one that all share.
type caller struct {
	callbacks *callbacks
	idle      map[string][]*link // by address; the latest last
	open      map[*link]struct{}
	closed    bool
	head      wire.Response // of the answer whose head is being read
	out       []byte
	scratch   [64 << 10]byte
}

func (cl *caller) init(cb *callbacks) {
	cl.callbacks = cb
	cl.idle, cl.open = map[string][]*link{}, map[*link]struct{}{}
}

// A link is a connection to a server: its reactor.Handler. It asks one question
// at a time.
type link struct {
	caller     *caller
	fd         int
	address    string
	connecting bool
	reused     bool
	ask        *question // nil: idle
}

// A question is a request and what has come of its answer.
type question struct {
	strand *strand
	target string
	then   func(status int, body []byte, err error)

	unsent []byte
	held   []byte // received and not consumed
	got    bool   // anything
	inBody bool
	status int
	last   bool // the connection ends after it
	toEnd  bool // and that is the body's end
	body   wire.Body
	text   []byte
}

// get asks on a kept connection, or on a new one.
func (cl *caller) get(s *strand, address, target string, then func(status int, body []byte, err error)) {
	q := &question{strand: s, target: target, then: then}
	if stack := cl.idle[address]; len(stack) > 0 {
		l := stack[len(stack)-1]
		cl.idle[address] = stack[:len(stack)-1]
		l.reused = true
		l.send(q)
		return
	}
	cl.dial(address, q)
}

func (cl *caller) dial(addr string, q *question) {
	l := &link{caller: cl, fd: -1, address: addr, ask: q}
	if err := l.connect(); err != nil {
		l.fail(err)
		return
	}
	l.connecting = true // also if it stands already: the first event says so
}

// connect begins to connect. Only a literal address does so without waiting.
func (l *link) connect() error {
	addrs, err := address.Resolve(context.Background(), "tcp", l.address)
	if err != nil {
		return err
	}
	family, sa, err := address.Sockaddr(addrs[0])
	if err != nil {
		return err
	}
	if l.fd, err = unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0); err != nil {
		return os.NewSyscallError("socket", err)
	}
	_ = unix.SetsockoptInt(l.fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1) // only latency depends on it
	if err := unix.Connect(l.fd, sa); err != nil && err != unix.EINPROGRESS {
		return os.NewSyscallError("connect", err)
	}
	l.caller.open[l] = struct{}{}
	return l.caller.callbacks.reactor.Add(l.fd, reactor.Readable|reactor.Writable|reactor.PeerClosed|reactor.Edge, l)
}

// Ready implements reactor.Handler.
func (l *link) Ready(ev reactor.Events) {
	switch {
	case l.ask == nil: // an idle one ends, or is sent what nobody asked for
		if ev&(reactor.Readable|reactor.PeerClosed|reactor.Broken) != 0 {
			l.drop()
		}
		return
	case l.connecting:
		errno, err := unix.GetsockoptInt(l.fd, unix.SOL_SOCKET, unix.SO_ERROR)
		if err == nil && errno != 0 {
			err = os.NewSyscallError("connect", syscall.Errno(errno))
		}
		if err != nil {
			l.fail(err)
			return
		}
		l.connecting = false
		l.send(l.ask)
		return
	case len(l.ask.unsent) > 0:
		l.flush()
	}
	if l.ask != nil && ev&(reactor.Readable|reactor.PeerClosed|reactor.Broken) != 0 {
		l.receive()
	}
}

// send sends a question.
func (l *link) send(q *question) {
	l.ask = q
	out := wire.AppendRequestLine(l.caller.out[:0], "GET", q.target)
	out = wire.AppendField(out, "Host", l.address)
	l.caller.out = append(out, "\r\n"...)
	q.unsent = l.caller.out
	l.flush()
	q.unsent = append([]byte(nil), q.unsent...) // mostly nothing; out is the next one's
}

func (l *link) flush() {
	q := l.ask
	n, err := reactor.Write(l.fd, q.unsent)
	q.unsent = q.unsent[n:]
	if err != nil && err != reactor.ErrAgain {
		l.lose(os.NewSyscallError("write", err))
	}
}

// receive takes what has come, until the answer is complete.
func (l *link) receive() {
	q, buf := l.ask, l.caller.scratch[:]
	for l.ask == q {
		held := copy(buf, q.held)
		q.held = q.held[:0]
		n, err := reactor.Read(l.fd, buf[held:])
		if err == reactor.ErrAgain {
			q.held = append(q.held, buf[:held]...)
			return
		}
		if err != nil {
			l.end(err)
			return
		}
		q.got = true
		rest, err := l.take(buf[:held+n])
		switch {
		case err != nil:
			l.fail(err)
		case q.inBody && q.body.Done():
			l.answer(len(rest) == 0 && !q.last)
		case len(rest) == len(buf):
			l.fail(errors.New("a piece of the answer is longer than 64 KiB"))
		default:
			q.held = append(q.held, rest...)
		}
	}
}

// take consumes what was received, and returns the rest.
func (l *link) take(p []byte) (rest []byte, err error) {
	q, head := l.ask, &l.caller.head
	for !q.inBody {
		n, err := wire.ParseResponse(p, head, false, wire.Limits{})
		if n == 0 || err != nil {
			return p, err
		}
		p = p[n:]
		if head.Status == 101 {
			return p, errors.New("the server switches to a protocol that was not asked for (101)")
		}
		if head.Status >= 200 {
			q.inBody, q.status, q.last = true, head.Status, head.Close
			q.body.Reset(head.Framing, head.Length, wire.Limits{})
			q.toEnd = head.Framing == wire.UntilClose
		}
	}
	for len(p) > 0 && !q.body.Done() {
		data, n, err := q.body.Next(p)
		q.text = append(q.text, data...)
		if err != nil {
			return p, err
		}
		if p = p[n:]; n == 0 {
			break
		}
	}
	return p, nil
}

// end is told that nothing more comes.
func (l *link) end(err error) {
	q := l.ask
	switch {
	case err == io.EOF && q.inBody && q.toEnd:
		l.answer(false)
	case err == io.EOF && q.got:
		l.fail(io.ErrUnexpectedEOF)
	case err == io.EOF:
		l.lose(err)
	default:
		l.lose(os.NewSyscallError("read", err))
	}
}

// lose fails the question, unless the server had closed the kept connection
// before it was asked: that is as if it had not been (RFC 9112, 9.5).
func (l *link) lose(err error) {
	q := l.ask
	stale := errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
	if !l.reused || q.got || !stale {
		l.fail(err)
		return
	}
	l.drop()
	l.caller.dial(l.address, q)
}

// answer ends the question, and keeps the connection if it can be used again.
func (l *link) answer(keep bool) {
	q := l.ask
	l.ask = nil
	if keep && !l.caller.closed {
		l.caller.idle[l.address] = append(l.caller.idle[l.address], l)
	} else {
		l.drop()
	}
	q.strand.run(l.caller.callbacks.reactor.Now(), func() { q.then(q.status, q.text, nil) })
}

// fail ends the question with an error.
func (l *link) fail(err error) {
	q := l.ask
	l.drop()
	var op *net.OpError
	if !errors.As(err, &op) {
		err = fmt.Errorf("GET %s: %w", l.address, err)
	}
	// Not from inside the call that asked: its continuation would run before it
	// has returned, and under its recover.
	q.strand.Post(func() { q.then(0, nil, err) })
}

// drop closes the connection.
func (l *link) drop() {
	l.ask = nil
	if l.fd < 0 {
		return
	}
	delete(l.caller.open, l)
	stack := l.caller.idle[l.address]
	for i := range stack {
		if stack[i] == l {
			l.caller.idle[l.address] = append(stack[:i], stack[i+1:]...)
			break
		}
	}
	_ = l.caller.callbacks.reactor.Remove(l.fd)
	unix.Close(l.fd)
	l.fd = -1
}

// close closes all connections.
func (cl *caller) close() {
	cl.closed = true
	for l := range cl.open {
		l.drop()
	}
}

package httpclient

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"syscall"

	"github.com/plimsoll-dev/plimsoll/internal/wire"
)

// A trip is the state of one request and its answer on a connection. It is
// pooled: an idle connection holds none.
type trip struct {
	cn   *conn
	lim  wire.Limits
	out  []byte
	in   []byte // in[r:w] was received and not consumed
	r, w int
	got  bool // anything was received
	head wire.Response
	body wire.Body
}

var trips = sync.Pool{New: func() any { return &trip{in: make([]byte, 4<<10), out: make([]byte, 0, 1<<10)} }}

func newTrip(cn *conn, lim wire.Limits) *trip {
	t := trips.Get().(*trip)
	t.cn, t.lim, t.r, t.w, t.got, t.out = cn, lim, 0, 0, false, t.out[:0]
	return t
}

// free gives the trip back; nothing that points into it may be used after.
func (t *trip) free() {
	t.cn = nil
	if len(t.in) > 64<<10 {
		t.in = make([]byte, 4<<10)
	}
	trips.Put(t)
}

// fill waits for more bytes. Slices into t.in are invalid after it.
func (t *trip) fill() error {
	if t.r == t.w {
		t.r, t.w = 0, 0
	}
	if t.w == len(t.in) {
		if t.r > 0 {
			t.w = copy(t.in, t.in[t.r:t.w])
			t.r = 0
		} else {
			t.in = append(t.in, make([]byte, len(t.in))...)
		}
	}
	for range 100 {
		n, err := t.cn.Read(t.in[t.w:])
		if n > 0 {
			t.w += n
			t.got = true
			return nil // an error comes again with the next read
		}
		if err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}

// readHead waits for the head of the final answer; interim ones are skipped.
// Afterwards the body decoder stands at the start of the body.
func (t *trip) readHead(toHEAD bool) error {
	for {
		n, err := wire.ParseResponse(t.in[t.r:t.w], &t.head, toHEAD, t.lim)
		switch {
		case err != nil:
			return err
		case n == 0:
			if err := t.fill(); err != nil {
				if err == io.EOF && t.got {
					return io.ErrUnexpectedEOF
				}
				return err
			}
		case t.head.Status == 101:
			return errUpgrade
		case t.head.Status < 200:
			t.r += n
		default:
			t.r += n
			t.body.Reset(t.head.Framing, t.head.Length, t.lim)
			return nil
		}
	}
}

// next returns the next piece of the body, which is valid until the next
// call, and io.EOF at the end of the body.
func (t *trip) next() ([]byte, error) {
	for !t.body.Done() {
		if t.r < t.w {
			data, n, err := t.body.Next(t.in[t.r:t.w])
			t.r += n
			if len(data) > 0 || err != nil {
				return data, err
			}
			if n > 0 {
				continue
			}
		}
		if err := t.fill(); err != nil {
			if err == io.EOF && t.head.Framing != wire.UntilClose {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
	return nil, io.EOF
}

// reusable reports whether the connection is good for another request: the
// answer was received to its end, and nothing came that nobody asked for.
func (t *trip) reusable() bool {
	return t.body.Done() && !t.head.Close && t.r == t.w
}

var errUpgrade = errors.New("the server switches to a protocol that was not asked for (101)")

// lost reports whether a request failed in the way it does if the server had
// closed the idle connection before the request reached it: it is as if it
// had not been sent (RFC 9112, 9.5).
func (t *trip) lost(err error) bool {
	return t.cn.reused && !t.got &&
		(errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE))
}

func wrap(method, address string, err error) error {
	return fmt.Errorf("httpclient: %s %s: %w", method, address, err)
}

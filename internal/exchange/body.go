package exchange

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync/atomic"

	"github.com/plimsoll-dev/plimsoll/internal/wire"
)

// A body is one request's Body. It is made for the request and never reused,
// so that a handler that keeps it reads [http.ErrBodyReadAfterClose] and not
// the next request. Read may run on any goroutine, one at a time. There is no
// lock, because a coroutine that waits for a lock that is held while Read waits
// can hang its engine: state says who may touch what is not atomic.
type body struct {
	state atomic.Int32
	// failed is the wire's complaint or timeout that ended a Read, for the
	// answer of a handler that does not give one itself.
	failed atomic.Int32 // a status code, or 0
	ended  atomic.Bool  // the message was received to its end, in sound framing
	left   atomic.Int64 // bytes to come; -1: chunked

	in      *input
	req     *http.Request // gets the trailers
	w       *response     // knows whether 100 Continue is due
	cfg     *Config
	decoder wire.Body
	pending []byte // decoded, not delivered; part of in.buf
	err     error  // final; io.EOF once ended
}

// The states of a body.
const (
	bodyOpen          = iota // nobody reads
	bodyReading              // a Read runs
	bodyClosed               // nobody reads or will
	bodyClosedReading        // closed while a Read runs, which has not returned yet
)

var errConcurrentRead = errors.New("exchange: request body read by two goroutines at once")

// Read reads decoded content. At the end it fills the request's Trailer.
func (b *body) Read(p []byte) (int, error) {
	if !b.state.CompareAndSwap(bodyOpen, bodyReading) {
		if b.state.Load() == bodyReading {
			return 0, errConcurrentRead
		}
		return 0, http.ErrBodyReadAfterClose
	}
	n, err := 0, b.sendContinue()
	if err == nil {
		n, err = b.read(p)
	}
	if !b.state.CompareAndSwap(bodyReading, bodyOpen) {
		b.state.Store(bodyClosed)
		return 0, http.ErrBodyReadAfterClose
	}
	return n, err
}

// Close makes every further Read fail. What is unread is drained, or the
// connection closed, when the handler has returned.
func (b *body) Close() error {
	b.close()
	return nil
}

// close reports whether no Read is running, so that the caller may touch the
// body itself once the handler has nothing to do with it any more.
func (b *body) close() (mine bool) {
	for {
		switch s := b.state.Load(); s {
		case bodyOpen:
			if b.state.CompareAndSwap(s, bodyClosed) {
				return true
			}
		case bodyReading:
			if b.state.CompareAndSwap(s, bodyClosedReading) {
				return false
			}
		default:
			return s == bodyClosed
		}
	}
}

// read is Read for who owns the body.
func (b *body) read(p []byte) (n int, err error) {
	for {
		if len(b.pending) > 0 {
			n = copy(p, b.pending)
			b.pending = b.pending[n:]
			return n, b.deliver(n)
		}
		if b.err != nil {
			return 0, b.err
		}
		if len(p) == 0 {
			return 0, nil
		}
		if err := b.decode(); err != nil {
			return 0, err
		}
		if len(b.pending) > 0 || b.err != nil {
			continue
		}
		b.in.deadline(b.cfg.BodyTimeout)
		if b.left.Load() > 0 && len(p) >= inSize && b.in.r == b.in.w {
			return b.readDirect(p)
		}
		if b.left.Load() < 0 && b.in.large == nil && b.in.r == b.in.w {
			b.in.grow() // a chunked body that did not come with its head
		}
		if err := b.in.fill(); err != nil {
			return 0, b.fail(err)
		}
	}
}

// decode takes content, or the end, out of what was received.
func (b *body) decode() error {
	for b.in.r < b.in.w {
		data, n, err := b.decoder.Next(b.in.buf[b.in.r:b.in.w])
		b.in.r += n
		if err != nil {
			return b.fail(err)
		}
		b.pending = data
		if b.decoder.Done() {
			b.finish()
		}
		if len(data) > 0 || n == 0 || b.err != nil {
			return nil
		}
	}
	return nil
}

// deliver accounts for n bytes handed out and tells the end with the last of
// them, which saves the reader a call.
func (b *body) deliver(n int) error {
	chunked := b.left.Load() < 0
	if !chunked {
		b.left.Add(-int64(n))
	}
	if len(b.pending) > 0 {
		return nil
	}
	if b.err == nil && chunked {
		if err := b.decode(); err != nil {
			return nil // the next Read returns it
		}
		if len(b.pending) > 0 {
			return nil
		}
	}
	return b.err
}

// readDirect reads a body of known length past the buffer, and no more than
// the body, so that a following request stays in the transport.
func (b *body) readDirect(p []byte) (int, error) {
	n, err := readSome(b.in.t, p[:min(int64(len(p)), b.left.Load())])
	if err != nil {
		return 0, b.fail(err)
	}
	if _, _, err := b.decoder.Next(p[:n]); err != nil {
		return 0, b.fail(err)
	}
	if b.decoder.Done() {
		b.finish()
	}
	return n, b.deliver(n)
}

// finish ends a body that was received completely.
func (b *body) finish() {
	b.err = io.EOF
	b.ended.Store(true)
	for _, f := range b.decoder.Trailers {
		if b.req.Trailer == nil {
			b.req.Trailer = make(http.Header)
		}
		key := canonical(f.Name)
		b.req.Trailer[key] = append(b.req.Trailer[key], string(f.Value))
	}
}

// fail notes why the body cannot be read. A missed deadline is not final: a
// handler may set a later one and go on.
func (b *body) fail(err error) error {
	var bad *wire.Error
	switch {
	case errors.As(err, &bad):
		b.failed.Store(int32(bad.Status))
	case isTimeout(err):
		b.failed.Store(http.StatusRequestTimeout)
		return err
	case errors.Is(err, io.EOF):
		err = io.ErrUnexpectedEOF
		b.failed.Store(http.StatusBadRequest)
	}
	b.err = err
	return err
}

// drainLimit is how much of a body that a handler left unread is read to save
// the connection: net/http's maxPostHandlerReadBytes.
const drainLimit = 256 << 10

// drain reads up to drainLimit of what is left, for who owns the body, and
// reports whether that was all.
func (b *body) drain() bool {
	b.in.deadline(b.cfg.BodyTimeout)
	for total := 0; ; {
		total += len(b.pending)
		b.pending = nil
		switch {
		case b.err != nil:
			return b.ended.Load()
		case total > drainLimit:
			return false
		case b.in.r == b.in.w:
			if err := b.in.fill(); err != nil {
				_ = b.fail(err)
				return false
			}
		}
		if b.decode() != nil {
			return false
		}
	}
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &t) && t.Timeout()
}

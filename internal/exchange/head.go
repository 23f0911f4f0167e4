package exchange

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/wire"
)

// ErrAgain is what a [Transport] may return, as it is, instead of waiting for the
// bytes of a head. ReadHead then returns it, and goes on where it was when it is
// called again.
var ErrAgain = errors.New("exchange: nothing to read yet")

// ReadHead waits for a whole request head; then Serve or Refuse is to be
// called. It returns [io.EOF] if the peer hung up between requests. Any other
// error means that the connection is to be closed with Close: a head that was
// refused is a [*wire.Error] and has been answered with its Status; a peer
// that sent part of a head and no more has been answered with 400 or 408; a
// peer that sent nothing until the deadline, or an error of the transport,
// gets no answer.
func (c *Conn) ReadHead() error {
	in := &c.buffers().input
	timer := headTimer{c: c, in: in}
	timer.start()
	for {
		if in.r < in.w {
			n, err := wire.ParseRequest(in.buf[in.r:in.w], &c.b.head, c.cfg.Limits)
			if err != nil {
				return c.reject(err)
			}
			if n > 0 {
				in.r += n
				in.deadline(0)
				c.fresh = false
				return c.check()
			}
			timer.begun()
		}
		if err := in.fill(); err == ErrAgain {
			return err
		} else if err != nil {
			return c.interrupted(err)
		}
	}
}

// headTimer sets the deadlines of one head.
type headTimer struct {
	c     *Conn
	in    *input
	armed bool // HeaderTimeout runs
}

// start sets the deadline of the first byte, if there is none yet.
func (t *headTimer) start() {
	cfg := t.c.cfg
	switch {
	case t.in.r < t.in.w:
	case t.c.fresh && cfg.HeaderTimeout > 0:
		t.in.deadline(cfg.HeaderTimeout)
		t.armed = true
	case cfg.IdleTimeout > 0:
		t.in.deadline(cfg.IdleTimeout)
	}
}

// begun sets the deadline of the rest of a head, once.
func (t *headTimer) begun() {
	if !t.armed && t.c.cfg.HeaderTimeout > 0 {
		t.in.deadline(t.c.cfg.HeaderTimeout)
		t.armed = true
	}
}

// interrupted answers a peer that fell silent or hung up inside a head.
func (c *Conn) interrupted(err error) error {
	in := &c.b.input
	begun := len(bytes.Trim(in.buf[in.r:in.w], "\r\n")) > 0
	switch {
	case errors.Is(err, io.EOF) && !begun:
		return io.EOF
	case errors.Is(err, io.EOF):
		c.answer(http.StatusBadRequest, false, "request head ends early", 0)
		return fmt.Errorf("exchange: read request head: %w", io.ErrUnexpectedEOF)
	case isTimeout(err) && begun:
		c.linger = true
		c.answer(http.StatusRequestTimeout, false, "request head takes too long", 0)
	case !isTimeout(err):
		c.broken.Store(true)
	}
	return fmt.Errorf("exchange: read request head: %w", err)
}

// check refuses what is sound HTTP and cannot be served, and takes the target
// apart.
func (c *Conn) check() error {
	head := &c.b.head
	c.x = new(exchange)
	c.x.req.RequestURI = c.seen.path(head.Target)
	if err := parseTarget(&c.x.url, methodName(head.Method), c.x.req.RequestURI); err != nil {
		return c.reject(&wire.Error{Status: http.StatusBadRequest, Reason: "invalid request target"})
	}
	if !head.Expect100 && expectsElse(head) {
		return c.reject(&wire.Error{Status: http.StatusExpectationFailed, Reason: "expectation other than 100-continue"})
	}
	if head.Framing == wire.Chunked && forbiddenTrailer(head) {
		return c.reject(&wire.Error{Status: http.StatusBadRequest, Reason: "framing field announced as a trailer"})
	}
	return nil
}

// expectsElse reports an expectation that is not 100-continue (RFC 9110, 10.1.1).
func expectsElse(head *wire.Request) bool {
	v, ok := wire.Lookup(head.Fields, "expect")
	return ok && len(v) > 0 && !bytes.EqualFold(v, []byte("100-continue"))
}

// forbiddenTrailer reports a Trailer field that announces one of the fields
// that net/http refuses there.
func forbiddenTrailer(head *wire.Request) bool {
	for _, f := range head.Fields {
		if len(f.Name) != len("trailer") || !bytes.EqualFold(f.Name, []byte("trailer")) {
			continue
		}
		for _, name := range trailerNames([]string{string(f.Value)}) {
			switch name {
			case "Transfer-Encoding", "Trailer", "Content-Length":
				return true
			}
		}
	}
	return false
}

// reject answers a head that was refused.
func (c *Conn) reject(err error) error {
	status, reason := http.StatusBadRequest, ""
	var bad *wire.Error
	if errors.As(err, &bad) {
		status, reason = bad.Status, bad.Reason
	}
	c.linger = true
	c.answer(status, c.wantsHead(), reason, 0)
	return err
}

// Refuse answers the request whose head was read without running a handler,
// and with Connection: close; Close is to be called next. A retryAfter above
// 0 is sent as Retry-After, in seconds rounded up.
func (c *Conn) Refuse(status int, retryAfter time.Duration) {
	c.linger = c.b.head.Framing != wire.NoBody || c.Buffered()
	c.answer(status, c.wantsHead(), "", retryAfter)
}

// wantsHead reports whether the head just read asks for no body.
func (c *Conn) wantsHead() bool { return string(c.b.head.Method) == http.MethodHead }

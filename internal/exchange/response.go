package exchange

import (
	"errors"
	"net/http"
	"strconv"
	"sync/atomic"
)

// A response is the [http.ResponseWriter] of one request. It is made for the
// request and never reused: a handler that keeps it past its return gets
// errDone, and not the next request's response.
//
// What the handler writes goes through two buffers. The first, stage, holds
// up to 2 KiB until it is known how the body is framed (see commit); the
// second, out, is what leaves in one Write.
type response struct {
	c    *Conn
	b    *buffers // nil until there is something to say; see wake
	req  *http.Request
	body *body // nil: the request has none
	hdr  http.Header

	done     atomic.Bool // the exchange is over
	hijacked atomic.Bool
	expect   atomic.Int32 // what became of the expectation of 100 Continue

	minor     uint8 // the request's version is HTTP/1.minor
	head      bool  // the request is a HEAD
	last      bool  // the connection ends after this response
	keep10    bool  // an HTTP/1.0 client asked to keep it
	duplex    bool  // EnableFullDuplex
	finishing bool  // the handler has returned
	committed bool  // the head is decided and in out, or sent
	chunked   bool
	sent      bool // bytes of the final response have left

	status   int // 0: no WriteHeader yet
	length   int64
	written  int64
	declared fields // what commit needs to know about the handler's fields
	err      error
}

var (
	errDone   = errors.New("exchange: response used after its handler returned")
	errBroken = errors.New("exchange: connection is broken")
)

// Header returns the fields to be sent. They are taken when the handler calls
// WriteHeader, or first writes; later changes count for trailers only.
func (w *response) Header() http.Header {
	if w.hdr == nil {
		w.hdr = make(http.Header)
	}
	return w.hdr
}

// WriteHeader sends an informational response (1xx but 101) at once, and takes
// status and fields of the final one.
func (w *response) WriteHeader(status int) {
	switch {
	case w.done.Load():
		w.c.cfg.logf("exchange: WriteHeader after the handler returned")
		return
	case w.hijacked.Load():
		w.c.cfg.logf("exchange: WriteHeader on a hijacked connection (%s %s)", w.req.Method, w.req.URL.Path)
		return
	case w.status != 0:
		w.c.cfg.logf("exchange: superfluous WriteHeader of %d after %d (%s %s)", status, w.status, w.req.Method, w.req.URL.Path)
		return
	case status < 100 || status > 999:
		panic("exchange: invalid WriteHeader code " + strconv.Itoa(status)) // as net/http does
	}
	w.wake()
	if status == http.StatusContinue || status == http.StatusSwitchingProtocols || status >= 200 {
		w.stopContinue()
	}
	if status < 200 && status != http.StatusSwitchingProtocols {
		w.inform(status)
		return
	}
	w.status = status
	w.takeHeader()
}

// wake takes the buffers that were given back while the handler had nothing to
// say.
func (w *response) wake() {
	if w.b == nil {
		w.b = w.c.buffers()
	}
}

// Write sends p as part of the body.
func (w *response) Write(p []byte) (int, error) { return write(w, p) }

// WriteString is Write without a copy.
func (w *response) WriteString(s string) (int, error) { return write(w, s) }

func write[T []byte | string](w *response, p T) (int, error) {
	switch {
	case w.done.Load():
		return 0, errDone
	case w.hijacked.Load():
		return 0, http.ErrHijacked
	}
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if len(p) == 0 {
		return 0, nil
	}
	if !bodyAllowed(w.status) {
		return 0, http.ErrBodyNotAllowed
	}
	w.written += int64(len(p))
	if w.length >= 0 && w.written > w.length {
		return 0, http.ErrContentLength
	}
	if w.err != nil {
		return 0, w.err
	}
	if n := len(w.b.stage) + len(p); n <= stageSize && !(w.committed && !w.chunked) {
		w.b.stage = append(w.b.stage, p...)
		return len(p), nil
	}
	return len(p), spill(w, p)
}

// spill sends p, which stage cannot hold or need not.
func spill[T []byte | string](w *response, p T) error {
	if room := stageSize - len(w.b.stage); len(w.b.stage) > 0 {
		room = min(room, len(p))
		w.b.stage = append(w.b.stage, p[:room]...)
		p = p[room:]
		w.unstage()
	}
	if len(p) < stageSize && !(w.committed && !w.chunked) {
		w.b.stage = append(w.b.stage, p...)
		return w.err
	}
	data := bytesOf(p)
	w.commit(data)
	w.emit(data)
	return w.err
}

// unstage frames what stage holds.
func (w *response) unstage() {
	if len(w.b.stage) == 0 {
		return
	}
	w.commit(w.b.stage)
	w.emit(w.b.stage)
	w.b.stage = w.b.stage[:0]
}

// bodyAllowed reports whether a status has a body (RFC 9110, 6.4.1).
func bodyAllowed(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}

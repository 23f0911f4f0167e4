package exchange

import (
	"errors"
	"net/http"
	"runtime"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/wire"
)

// What became of a request's Expect: 100-continue.
const (
	expectNothing = iota // there is none
	expectPending        // the client waits
	expectSending        // 100 Continue is being written
	expectSent
	expectRefused // the final response comes first
)

const continueLine = "HTTP/1.1 100 Continue\r\n\r\n"

// sendContinue invites the body, at its first Read, unless a response has
// begun. It may run on a goroutine of its own, and touches nothing that
// another exchange could have.
func (b *body) sendContinue() error {
	expect := &b.w.expect
	if !expect.CompareAndSwap(expectPending, expectSending) {
		return nil
	}
	_, err := b.in.t.Write([]byte(continueLine))
	expect.Store(expectSent)
	return err
}

// continueTime is what 25 bytes into an empty socket buffer need many times
// over, also if the thread that writes them has to wait for a busy CPU.
const continueTime = 100 * time.Millisecond

var errContinue = errors.New("exchange: 100 Continue is still being written by another goroutine")

// stopContinue keeps 100 Continue from being sent behind what is written
// next. Another goroutine that reads the body may be writing it at this very
// moment. To wait for that with a lock could hang an engine, so it is given
// continueTime, and then the response fails rather than end up inside another.
func (w *response) stopContinue() {
	var since time.Time
	for {
		switch w.expect.Load() {
		case expectPending:
			if w.expect.CompareAndSwap(expectPending, expectRefused) {
				return
			}
		case expectSending:
			if since.IsZero() {
				since = time.Now()
			} else if time.Since(since) > continueTime {
				w.c.broken.Store(true)
				w.err = errContinue
				return
			}
			runtime.Gosched()
		default:
			return
		}
	}
}

// inform sends an informational response. An HTTP/1.0 client would take it
// for the final one, and gets none (RFC 9110, 15.2). A client that waits for
// 100 Continue gets that with it: the two could otherwise be written by two
// goroutines at once.
func (w *response) inform(status int) {
	if w.minor == 0 {
		return
	}
	out := w.b.out
	if status != http.StatusContinue && w.expect.Load() == expectPending {
		w.stopContinue()
		w.expect.Store(expectSent)
		out = append(out, continueLine...)
	}
	out = wire.AppendStatusLine(out, status)
	for _, key := range sortedKeys(w.hdr, new(keys)) {
		if !framing(key) {
			out = appendFields(out, key, w.hdr[key])
		}
	}
	w.b.out = append(out, "\r\n"...)
	w.flush()
}

package exchange

import (
	"io"
	"net/http"
	"time"
)

// What http.ResponseController and older type assertions reach for.
var _ interface {
	http.ResponseWriter
	http.Flusher
	http.Hijacker
	io.StringWriter
	io.ReaderFrom
	FlushError() error
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
	EnableFullDuplex() error
} = (*response)(nil)

// Flush sends what was written so far.
func (w *response) Flush() { _ = w.FlushError() }

// FlushError is Flush that tells whether it could.
func (w *response) FlushError() error {
	switch {
	case w.done.Load():
		return errDone
	case w.hijacked.Load():
		return http.ErrHijacked
	}
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	w.unstage()
	w.commit(nil)
	w.flush()
	return w.err
}

// SetReadDeadline sets the deadline for reading the request body. It holds
// until the exchange ends; Config.BodyTimeout does not apply meanwhile.
func (w *response) SetReadDeadline(t time.Time) error {
	if w.done.Load() {
		return errDone
	}
	w.wake()
	w.b.handlers.Store(true)
	return w.c.t.SetReadDeadline(t)
}

// SetWriteDeadline sets the deadline for writing the response. It holds until
// the exchange ends; Config.WriteTimeout does not apply meanwhile.
func (w *response) SetWriteDeadline(t time.Time) error {
	if w.done.Load() {
		return errDone
	}
	w.c.writeOwned.Store(true)
	return w.c.t.SetWriteDeadline(t)
}

// EnableFullDuplex lets the handler go on reading the request body after it
// began to answer.
func (w *response) EnableFullDuplex() error {
	if w.done.Load() {
		return errDone
	}
	w.duplex = true
	return nil
}

// sniffSize is how much http.DetectContentType looks at.
const sniffSize = 512

type writerOnly struct{ io.Writer }

// ReadFrom copies src into the body: through the transport's own ReadFrom,
// where it has one and the body needs no chunks, and otherwise with a pooled
// buffer.
func (w *response) ReadFrom(src io.Reader) (n int64, err error) {
	buf := largePool.Get().(*[largeSize]byte)
	defer largePool.Put(buf)
	t, ok := w.c.t.(io.ReaderFrom)
	if !ok || w.c.cfg.WriteTimeout > 0 { // which is for one Write, not for a whole file
		return io.CopyBuffer(writerOnly{w}, src, buf[:])
	}
	if !w.committed {
		// Nothing is sent before src has something; and its type is sniffed.
		n, err = io.CopyBuffer(writerOnly{w}, io.LimitReader(src, sniffSize), buf[:])
		if err != nil || n < sniffSize {
			return n, err
		}
	}
	if err := w.FlushError(); err != nil {
		return n, err
	}
	if w.chunked || w.head || !bodyAllowed(w.status) {
		m, err := io.CopyBuffer(writerOnly{w}, src, buf[:])
		return n + m, err
	}
	m, err := w.readFrom(t, src)
	return n + m, err
}

// readFrom sends what src has through the transport, and no more than was
// declared.
func (w *response) readFrom(t io.ReaderFrom, src io.Reader) (n int64, err error) {
	limited := src
	if w.length >= 0 {
		limited = io.LimitReader(src, w.length-w.written)
	}
	n, err = t.ReadFrom(limited)
	w.written += n
	if err != nil {
		w.err = err
		w.c.broken.Store(true)
		return n, err
	}
	if w.written == w.length {
		var more [1]byte
		if k, _ := io.ReadFull(src, more[:]); k > 0 {
			w.written++
			return n, http.ErrContentLength
		}
	}
	return n, nil
}

package exchange

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// Hijack hands the connection over, without deadlines. What the client sent
// behind the head is in the Reader's buffer. A response that was begun is
// flushed first.
func (w *response) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	switch {
	case w.done.Load():
		return nil, nil, errDone
	case w.hijacked.Load():
		return nil, nil, http.ErrHijacked
	}
	w.stopContinue()
	if w.status != 0 {
		if err := w.FlushError(); err != nil {
			return nil, nil, err
		}
	}
	if w.body != nil && !w.body.close() {
		return nil, nil, errors.New("exchange: hijack while another goroutine reads the request body")
	}
	conn, err := w.c.t.NetConn()
	if err != nil {
		return nil, nil, fmt.Errorf("exchange: hijack: %w", err)
	}
	w.hijacked.Store(true)
	_ = conn.SetDeadline(time.Time{})
	return conn, bufio.NewReadWriter(w.received(conn), bufio.NewWriter(conn)), nil
}

// received returns a Reader of conn that has in its buffer what was read from
// it and not consumed.
func (w *response) received(conn net.Conn) *bufio.Reader {
	w.wake()
	var ahead []byte
	if w.body != nil {
		ahead = append(ahead, w.body.pending...)
	}
	ahead = append(ahead, w.b.buf[w.b.r:w.b.w]...)
	if len(ahead) == 0 {
		return bufio.NewReader(conn)
	}
	r := bufio.NewReaderSize(&aheadReader{ahead, conn}, max(inSize, len(ahead)))
	_, _ = r.Peek(len(ahead)) // so that Buffered counts it
	return r
}

// aheadReader reads what was read ahead, and then the connection.
type aheadReader struct {
	ahead []byte
	io.Reader
}

func (r *aheadReader) Read(p []byte) (int, error) {
	if len(r.ahead) == 0 {
		return r.Reader.Read(p)
	}
	n := copy(p, r.ahead)
	if r.ahead = r.ahead[n:]; len(r.ahead) == 0 {
		r.ahead = nil
	}
	return n, nil
}

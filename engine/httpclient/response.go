package httpclient

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/wire"
)

// response makes the answer of a head that was just read, with body b.
func (t *trip) response(req *http.Request, b *body) *http.Response {
	h := &t.head
	res := &http.Response{
		Status:     strconv.Itoa(h.Status) + " " + string(h.Reason),
		StatusCode: h.Status,
		Proto:      fmt.Sprintf("HTTP/1.%d", h.Minor),
		ProtoMajor: 1, ProtoMinor: h.Minor,
		Header:        header(h.Fields),
		ContentLength: h.Length,
		Close:         h.Close,
		Request:       req,
		Body:          b,
	}
	if h.Framing == wire.Chunked {
		res.TransferEncoding = []string{"chunked"}
		res.Header.Del("Transfer-Encoding")
	}
	b.res = res
	if t.body.Done() { // nothing will come, and nobody has to read it
		b.end(true)
		res.Body = http.NoBody
	}
	return res
}

func header(fields []wire.Field) http.Header {
	h := make(http.Header, len(fields))
	for _, f := range fields {
		h.Add(string(f.Name), string(f.Value))
	}
	return h
}

// A body is an answer's body on its connection, and what bounds the whole
// exchange by the request's context.
type body struct {
	client *Client
	trip   *trip
	ctx    context.Context
	method string
	res    *http.Response
	data   []byte // decoded and not delivered; part of the trip's buffer
	err    error  // final
	broken bool   // the request was not sent to its end
	ended  bool

	timed bool
	stop  func() bool // of the context's AfterFunc; false: it has run
}

// bound makes the context's end that of everything that waits on the
// connection.
func (b *body) bound() {
	if at, ok := b.ctx.Deadline(); ok {
		b.timed = true
		_ = b.trip.cn.SetDeadline(at) // an error shows at the next use
	}
	if b.ctx.Done() != nil {
		cn := b.trip.cn.Conn
		b.stop = context.AfterFunc(b.ctx, func() { _ = cn.SetDeadline(past) })
	}
}

// cause returns the context's error if that is why err came about.
func cause(ctx context.Context, err error) error {
	if !isTimeout(err) {
		return err
	}
	if ended := ctx.Err(); ended != nil {
		return ended
	}
	// The connection's clock and the context's are not the same timer.
	if at, ok := ctx.Deadline(); ok && !time.Now().Before(at) {
		return context.DeadlineExceeded
	}
	return err
}

// Read implements io.Reader. The end of the body is told with its last bytes.
func (b *body) Read(p []byte) (n int, err error) {
	if b.ended {
		return 0, b.err
	}
	if len(p) == 0 {
		return 0, nil
	}
	if len(b.data) == 0 {
		b.data, err = b.trip.next()
	}
	n = copy(p, b.data)
	b.data = b.data[n:]
	if err == nil && len(b.data) == 0 && b.trip.body.Done() {
		err = io.EOF
	}
	switch {
	case err == io.EOF:
		b.trailers()
		b.err = err
		b.end(true)
	case err != nil:
		b.err = wrap(b.method, b.trip.cn.key.address, cause(b.ctx, err))
		b.end(false)
	}
	return n, b.err
}

func (b *body) trailers() {
	if fields := b.trip.body.Trailers; len(fields) > 0 {
		b.res.Trailer = header(fields)
	}
}

// Close implements io.Closer. If the body was not read to its end, it closes
// the connection.
func (b *body) Close() error {
	if !b.ended {
		b.err = http.ErrBodyReadAfterClose
		b.end(false)
	}
	return nil
}

// end lets go of the connection; complete says that the answer was received.
func (b *body) end(complete bool) {
	b.ended = true
	cn := b.trip.cn
	keep := complete && !b.broken && b.trip.reusable()
	b.trip.free()
	b.data = nil
	if b.stop != nil && !b.stop() {
		keep = false // its deadline may strike at any time
	}
	if keep && b.timed {
		keep = cn.SetDeadline(time.Time{}) == nil
	}
	if keep {
		b.client.put(cn)
	} else {
		cn.Close()
	}
}

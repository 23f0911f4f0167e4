package load

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/internal/reactor"
	"github.com/plimsoll-dev/plimsoll/internal/wire"
)

// read reads what there is. Where writing failed, what the server had said
// before, perhaps a whole response, is still there to be read.
func (k *conn) read(ev reactor.Events) {
	c := k.client
	for k.fd >= 0 {
		n, err := reactor.Read(k.fd, c.buf)
		now := reactor.Clock()
		if err == reactor.ErrAgain {
			if k.broken {
				k.lost(unix.EPIPE, now)
			}
			return
		}
		if err != nil {
			k.lost(err, now)
			return
		}
		k.consume(c.buf[:n], now)
		// A short read emptied the socket: what comes later is an edge of its
		// own, but an end that has come with the data is not.
		if n < len(c.buf) && !k.broken && ev&(reactor.PeerClosed|reactor.Broken) == 0 {
			return
		}
	}
}

// consume takes bytes of a response, read at the given time.
func (k *conn) consume(data []byte, now int64) {
	c, q := k.client, k.req
	if q == nil {
		k.close() // nothing was asked for; a 408 before the server closes, mostly
		return
	}
	if !k.got {
		k.got, q.firstByte = true, now
	}
	c.tally(q.at).routes[q.route].BytesIn += uint64(len(data))
	if len(k.in) > 0 {
		k.in = append(k.in, data...)
		data = k.in
	}
	for !k.inBody {
		n, err := wire.ParseResponse(data, &c.resp, c.templates[q.route].head, wire.DefaultLimits)
		if err != nil {
			k.fail(err, now)
			return
		}
		if n == 0 {
			k.in = append(k.in[:0], data...)
			return
		}
		data = data[n:]
		if c.resp.Status == 101 {
			k.fail(errSwitching, now)
			return
		}
		if c.resp.Status >= 200 {
			k.inBody = true
			k.status, k.keep = c.resp.Status, !c.resp.Close
			k.untilClose = c.resp.Framing == wire.UntilClose
			k.body.Reset(c.resp.Framing, c.resp.Length, wire.DefaultLimits)
		}
	}
	for !k.body.Done() && len(data) > 0 {
		_, n, err := k.body.Next(data)
		if err != nil {
			k.fail(err, now)
			return
		}
		if n == 0 {
			break
		}
		data = data[n:]
	}
	if !k.body.Done() {
		k.in = append(k.in[:0], data...)
		return
	}
	// Bytes after the response are of none: nothing is pipelined.
	k.answered(k.keep && len(data) == 0, now)
}

// answered ends a request whose response is complete.
func (k *conn) answered(keep bool, now int64) {
	c, q := k.client, k.req
	k.in, k.used = k.in[:0], true
	if !keep || len(k.rest) > 0 || k.broken {
		k.close()
	} else {
		c.putIdle(k)
	}
	k.req, q.conn = nil, nil
	c.settle(q, outcomeOf(k.status), k.status, now)
}

// lost handles a connection that ended: at end of file, or by an error.
func (k *conn) lost(err error, now int64) {
	c, q := k.client, k.req
	if q != nil && k.inBody && k.untilClose && err == io.EOF {
		k.answered(false, now)
		return
	}
	if q != nil && k.used && !k.got && !q.retried && c.templates[q.route].idempotent {
		// The server gave up an idle connection while the request was on its way,
		// which is its right (RFC 9112, 9.3.1 and 9.5).
		k.close()
		q.retried, q.conn = true, nil
		c.tally(q.at).routes[q.route].Retried++
		c.waiting.pushFront(q)
		return
	}
	k.fail(err, now)
}

// fail ends the connection, and its request with it.
func (k *conn) fail(err error, now int64) {
	k.close()
	if k.req != nil {
		k.client.settle(k.req, k.client.outcomeOf(err), 0, now)
	}
}

var errSwitching = errors.New("101 Switching Protocols, which was not asked for")

const maxErrors = 5

// outcomeOf names what ended a connection.
func (c *client) outcomeOf(err error) Outcome {
	switch {
	case err == io.EOF:
		return Closed
	case errors.Is(err, unix.ECONNRESET), errors.Is(err, unix.EPIPE):
		return Reset
	case errors.Is(err, unix.ECONNREFUSED):
		return Refused
	case errors.Is(err, unix.ETIMEDOUT): // the kernel gave up repeating what was sent
		return Timeout
	case errors.As(err, new(*wire.Error)), err == errSwitching:
		return Malformed
	}
	text := err.Error()
	switch {
	case errors.Is(err, unix.EMFILE):
		text = fmt.Sprintf("%v: raise the limit of open files (ulimit -n), or use fewer connections", err)
	case errors.Is(err, unix.EADDRNOTAVAIL):
		text = fmt.Sprintf("%v: no local port is left; use fewer connections, or keep them", err)
	}
	if len(c.errors) < maxErrors && !slices.Contains(c.errors, text) {
		c.errors = append(c.errors, text)
	}
	return Other
}

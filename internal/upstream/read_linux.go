package upstream

import (
	"errors"

	"github.com/plimsoll-dev/plimsoll/internal/reactor"
	"github.com/plimsoll-dev/plimsoll/internal/wire"
)

// maxReads is how often one connection is read in its turn, 64 KiB each.
const maxReads = 4

// advance goes on with the input as far as the state allows.
func (c *conn) advance() {
	s := c.server
	in := c.in // c.in's own memory, or the tail of s.buf
	for reads := 0; c.state == idle; {
		if len(in) > 0 {
			n, err := wire.ParseRequest(in, &s.request, wire.DefaultLimits)
			if err != nil {
				c.refuse(err)
				break
			}
			if n > 0 {
				in = in[n:]
				c.begin(&s.request)
				continue
			}
		}
		if !c.unread {
			break
		}
		if reads++; reads > maxReads {
			// A client that pipelines without end has its turn like others.
			s.reactor.Post(c.advance)
			break
		}
		in = c.read(in)
	}
	switch {
	case c.state == leaving:
		c.discard()
		c.in = nil
	case len(in) == 0 || c.state == closed:
		c.in = nil
	default:
		c.in = append(c.in[:0], in...)
	}
}

// read reads behind what is left of the input, into the server's buffer. A
// read that does not fill it has drained the socket (epoll(7)).
func (c *conn) read(in []byte) []byte {
	buf := c.server.buf
	have := copy(buf, in)
	n, err := reactor.Read(c.fd, buf[have:])
	switch {
	case err == reactor.ErrAgain:
		c.unread = false
	case err != nil:
		c.close()
		return nil
	default:
		c.unread = have+n == len(buf)
	}
	return buf[:have+n]
}

// refuse answers what is not HTTP and leaves.
func (c *conn) refuse(err error) {
	status := 400
	var we *wire.Error
	if errors.As(err, &we) {
		status = we.Status
	}
	c.server.accounts.refused()
	c.after = closes
	c.send(response(status, closes, "upstream: "+err.Error()+": "+example+"\n"))
}

// discard reads what nobody wants until the client closes, or its time to
// leave is over.
func (c *conn) discard() {
	for range maxReads {
		switch _, err := reactor.Read(c.fd, c.server.buf); err {
		case nil:
		case reactor.ErrAgain:
			return
		default:
			c.close()
			return
		}
	}
	c.server.reactor.Post(c.advance)
}

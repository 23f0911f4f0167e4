package upstream

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/internal/reactor"
)

// linger is how long a client may take to read the last answer and close.
const linger = time.Second

// send writes a response; c.after says what comes next.
func (c *conn) send(p []byte) {
	c.out = p
	c.state = writing
	c.write()
}

// write writes what is left of the response.
func (c *conn) write() {
	for len(c.out) > 0 {
		n, err := reactor.Write(c.fd, c.out)
		if err == reactor.ErrAgain {
			return
		}
		if err != nil {
			c.close()
			return
		}
		c.out = c.out[n:]
	}
	c.out = nil
	c.state = idle
	if c.name != nil {
		c.finish()
	}
	if c.after == closes {
		c.leave()
	}
}

// leave ends the sending half and waits for the client to do the same: closing
// while input is unread would reset the connection, and the client might lose
// the answer (RFC 9112, 9.6).
func (c *conn) leave() {
	if err := unix.Shutdown(c.fd, unix.SHUT_WR); err != nil {
		c.close()
		return
	}
	c.state = leaving
	c.server.reactor.Start(&c.timer, reactor.Clock()+int64(linger))
}

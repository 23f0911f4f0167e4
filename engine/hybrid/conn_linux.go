package hybrid

import (
	"net"
	"syscall"

	"github.com/plimsoll-dev/plimsoll/internal/fiber"
)

// A stream is what fibers and workers dial.
type stream interface {
	net.Conn
	syscall.Conn
	CloseWrite() error
}

// A conn waits as the verb says in which it is used. How to suspend a fiber and
// how to block a thread its stream knows; what is left is that no stream blocks
// a loop.
type conn struct {
	stream
	engine   *Engine
	suspends bool // in an await, the stream suspends a fiber
}

func (c *conn) Read(p []byte) (n int, err error) { return c.use(c.stream.Read, p) }

func (c *conn) Write(p []byte) (n int, err error) { return c.use(c.stream.Write, p) }

func (c *conn) use(f func([]byte) (int, error), p []byte) (n int, err error) {
	me := fiber.Current()
	if me == nil || awaits(me) && c.suspends {
		return f(p)
	}
	err = c.engine.call(me, func() (err error) {
		n, err = f(p)
		return err
	})
	return n, err
}

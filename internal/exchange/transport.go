package exchange

import (
	"log"
	"net"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/wire"
)

// A Transport is a connection as its engine sees it: Read and Write wait the
// engine's way. A handler may read the request body, or flush the response,
// on another goroutine than the one that called Serve (httputil.ReverseProxy
// does both), so Read and Write must work on any goroutine, though neither is
// called twice at once. A deadline in the past interrupts a waiting call; the
// zero time is no deadline; the error of a missed one is
// os.ErrDeadlineExceeded or has a Timeout method that returns true.
//
// Optional methods: CloseWrite() error (see [Conn.Close]), and io.ReaderFrom,
// through which a body that the handler copies from a file or connection may
// be sent without passing user space.
type Transport interface {
	Read(p []byte) (int, error)
	Write(p []byte) (int, error)
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
	Close() error
	LocalAddr() net.Addr
	RemoteAddr() net.Addr
	// NetConn hands the connection over, in ordinary Go form, to a handler
	// that hijacks it. The Transport is not used again.
	NetConn() (net.Conn, error)
}

// A Config is shared by all connections of a server and not changed while
// one of them is used. The zero Config has default limits and no timeouts.
type Config struct {
	// Limits on a request's head and body. Head and Fields of 0 stand for
	// those of [wire.DefaultLimits], Body of 0 for no limit.
	Limits wire.Limits
	// IdleTimeout is how long ReadHead waits for the first byte of a request.
	// An engine that waits elsewhere, and calls ReadHead once there is
	// something to read, leaves it 0: no limit.
	IdleTimeout time.Duration
	// HeaderTimeout is how long a head may take from its first byte to its
	// last, then 408. On a new connection it counts from the call of ReadHead.
	HeaderTimeout time.Duration
	// BodyTimeout is how long one Read of a request body may wait for the
	// client, and how long draining what a handler left unread may take.
	BodyTimeout time.Duration
	// WriteTimeout is how long one Write to the client may wait.
	WriteTimeout time.Duration
	// OnPanic is called with a handler's panic and the stack of where it
	// happened, on the goroutine that called Serve. If nil, Logf gets both.
	OnPanic func(v any, stack []byte)
	// Logf is told what handlers do wrong, such as a second WriteHeader. If
	// nil, the standard logger is.
	Logf func(format string, args ...any)
}

func (c *Config) logf(format string, args ...any) {
	if c.Logf != nil {
		c.Logf(format, args...)
		return
	}
	log.Printf(format, args...)
}

// An Outcome says what is to be done with a connection after an exchange.
type Outcome uint8

// The outcomes of an exchange.
const (
	KeepAlive Outcome = iota // wait for the next request
	Close                    // call Conn.Close
	Hijacked                 // the handler has the connection; forget it
)

var outcomeNames = [...]string{"keep-alive", "close", "hijacked"}

// String returns the outcome's name.
func (o Outcome) String() string { return outcomeNames[o] }

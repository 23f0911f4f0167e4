// Package httpclient is an HTTP/1.1 client that waits as the task waits which
// uses it. It stands on [engine.Task.Dial] alone: it has no goroutine of its
// own and holds no lock while it waits, so it runs on every engine, inside
// whatever verb its caller is in.
//
//	err := t.Await("payment", func(t engine.Task) error {
//		res, err := client.Do(t, req)
//		…
//	})
//
// [Client.Do] is for any request; [Client.Get] for small answers, without
// allocating. Connections are kept alive and used again, the latest first. It
// follows no redirects, keeps no cookies, knows no proxies and speaks no TLS.
package httpclient

import (
	"context"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/wire"
)

// A Client keeps idle connections. The zero value is ready. Its fields are
// not changed once it is used; all methods may be called concurrently.
//
// It does not limit how many connections are open: as many as there are
// requests at once. To limit them, use it inside [engine.Task.Hold].
type Client struct {
	// MaxIdlePerHost is how many idle connections to one address are kept;
	// one more is closed after its answer. 0: no limit.
	MaxIdlePerHost int
	// IdleTimeout is the age at which an idle connection is not used again.
	// 0: 90 s, as http.DefaultTransport. Nothing runs in the background: one
	// is closed when the next request to its address comes by, or by
	// CloseIdle.
	IdleTimeout time.Duration
	// Limits on answers. Zero: those of wire.DefaultLimits, and bodies of any
	// length.
	Limits wire.Limits

	mu   sync.Mutex // guards idle; held for a few slice operations, never for I/O
	idle map[key][]*conn
}

// A key says which connections can stand in for each other.
type key struct {
	host    any // see engine.HostOf
	address string
}

type conn struct {
	net.Conn
	key    key
	pooled bool // the task told its host, so that others may use the connection
	reused bool
	since  time.Time // idle since
}

func (c *Client) idleTimeout() time.Duration {
	if c.IdleTimeout > 0 {
		return c.IdleTimeout
	}
	return 90 * time.Second
}

// take returns an idle connection that a task of this host may use, or nil.
func (c *Client) take(t engine.Task, address string) *conn {
	host, ok := engine.HostOf(t)
	if !ok {
		return nil
	}
	k := key{host, address}
	oldest := time.Now().Add(-c.idleTimeout())
	c.mu.Lock()
	stack := c.idle[k]
	var found *conn
	if n := len(stack); n > 0 && stack[n-1].since.After(oldest) {
		found, stack[n-1] = stack[n-1], nil
		stack = stack[:n-1]
	}
	old := c.expired(&stack, oldest)
	if found != nil || old != nil {
		c.idle[k] = stack
	}
	c.mu.Unlock()
	closeAll(old)
	if found != nil {
		found.reused = true
	}
	return found
}

// expired removes and returns the connections idle since before oldest, which
// are at the bottom. c.mu is held.
func (*Client) expired(stack *[]*conn, oldest time.Time) []*conn {
	n := 0
	for n < len(*stack) && !(*stack)[n].since.After(oldest) {
		n++
	}
	if n == 0 {
		return nil
	}
	old := slices.Clone((*stack)[:n])
	*stack = slices.Delete(*stack, 0, n)
	return old
}

// dial opens a connection for t.
func (*Client) dial(ctx context.Context, t engine.Task, address string) (*conn, error) {
	nc, err := t.Dial(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	host, ok := engine.HostOf(t)
	return &conn{Conn: nc, key: key{host, address}, pooled: ok}, nil
}

// put keeps a connection on which nothing is outstanding, or closes it.
func (c *Client) put(cn *conn) {
	if !cn.pooled {
		cn.Close()
		return
	}
	cn.since = time.Now()
	c.mu.Lock()
	if c.idle == nil {
		c.idle = map[key][]*conn{}
	}
	stack := c.idle[cn.key]
	old := c.expired(&stack, cn.since.Add(-c.idleTimeout()))
	full := c.MaxIdlePerHost > 0 && len(stack) >= c.MaxIdlePerHost
	if !full {
		stack = append(stack, cn)
	}
	c.idle[cn.key] = stack
	c.mu.Unlock()
	closeAll(old)
	if full {
		cn.Close()
	}
}

// CloseIdle closes the connections that are idle now.
func (c *Client) CloseIdle() {
	c.mu.Lock()
	idle := c.idle
	c.idle = nil
	c.mu.Unlock()
	for _, stack := range idle {
		closeAll(stack)
	}
}

func closeAll(conns []*conn) {
	for _, cn := range conns {
		cn.Close()
	}
}

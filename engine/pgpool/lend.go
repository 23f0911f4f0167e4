package pgpool

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
)

// use lends a connection to t while f runs. If f failed because the connection
// turned out to be closed, and had sent nothing, it is called once more with a
// new one, provided that again says so.
func (p *Pool) use(ctx context.Context, t engine.Task, again bool, f func(engine.Task, *conn) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if p.slots == nil {
		return p.lend(ctx, t, false, f)
	}
	held := false
	err := engine.HoldContext(ctx, t, p.slots, func(t engine.Task) error {
		held = true
		return p.lend(ctx, t, again, f)
	})
	if !held && ctx.Err() != nil {
		return fmt.Errorf("%w (%d): %w", ErrExhausted, p.slots.Size(), err)
	}
	return err
}

func (p *Pool) lend(ctx context.Context, t engine.Task, again bool, f func(engine.Task, *conn) error) error {
	c, err := p.take(ctx, t)
	if err != nil {
		return err
	}
	defer func() { p.put(c) }() // also if f panics, or an engine unwinds the task
	err = f(t, c)
	if !again || err == nil || !c.lost || c.sent || !c.reused {
		return c.explain(err)
	}
	fresh, err := connect(ctx, t, p.config)
	if err != nil {
		return err
	}
	stale := c
	c = fresh // and takes the other's place among the open ones
	stale.end()
	p.mu.Lock()
	p.opened++
	p.mu.Unlock()
	return c.explain(f(t, c))
}

// take lends t a connection of its host: the one that was idle last, or a new
// one.
func (p *Pool) take(ctx context.Context, t engine.Task) (*conn, error) {
	for {
		c, err := p.pop(t)
		switch {
		case err != nil:
			return nil, err
		case c == nil:
			return p.connect(ctx, t)
		}
		c.lend(t)
		c.reused = true
		if c.alive(ctx) {
			return c, nil
		}
		p.drop(c)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
}

// pop returns an idle connection, or nil where a new one has been counted for
// t to open.
func (p *Pool) pop(t engine.Task) (*conn, error) {
	host, shared := engine.HostOf(t)
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, ErrClosed
	}
	old := p.expired(time.Now())
	found := -1
	if shared {
		for i := len(p.idle) - 1; i >= 0 && found < 0; i-- {
			if p.idle[i].host == host {
				found = i
			}
		}
	}
	var c *conn
	if found >= 0 {
		c = p.idle[found]
		p.idle = slices.Delete(p.idle, found, found+1)
	} else {
		p.open++
		p.opened++
		if p.slots != nil && p.open > p.options.Size { // one of another host makes room
			old = append(old, p.idle[0])
			p.idle = slices.Delete(p.idle, 0, 1)
			p.forget(1)
		}
	}
	p.mu.Unlock()
	hangUp(old)
	return c, nil
}

// expired takes the connections out of idle whose time is over. p.mu is held.
func (p *Pool) expired(now time.Time) (old []*conn) {
	p.idle = slices.DeleteFunc(p.idle, func(c *conn) bool {
		over := now.Sub(c.born) > p.options.MaxLifetime || now.Sub(c.since) > p.options.MaxIdleTime
		if over {
			old = append(old, c)
		}
		return over
	})
	p.forget(len(old))
	return old
}

// connect opens a connection that has been counted.
func (p *Pool) connect(ctx context.Context, t engine.Task) (c *conn, err error) {
	defer func() {
		if c == nil {
			p.gone()
		}
	}()
	return connect(ctx, t, p.config)
}

// put takes a connection back: for the next task, if it is as good as new.
func (p *Pool) put(c *conn) {
	now := time.Now()
	if p.slots == nil || !c.shared || !c.clean() || now.Sub(c.born) > p.options.MaxLifetime {
		p.drop(c)
		return
	}
	c.since = now
	c.takeBack()
	p.mu.Lock()
	closed := p.closed
	if !closed {
		p.idle = append(p.idle, c)
	}
	p.mu.Unlock()
	if closed {
		hangUp([]*conn{c})
		p.gone()
	}
}

// drop closes a connection that is lent to the calling task.
func (p *Pool) drop(c *conn) {
	defer p.gone()
	c.end()
}

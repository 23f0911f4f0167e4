package container

import (
	"sync"

	"github.com/plimsoll-dev/plimsoll/internal/osthread"
)

// connections are those that the engine is responsible for. All methods may
// be called concurrently, on any thread; room by one at a time.
type connections struct {
	limit int

	mu      sync.Mutex // guards what follows; held for a few list operations
	first   *Conn
	open    int
	waiter  *osthread.Parker // of the acceptor, while it waits for room
	sealed  bool             // no more will come
	drained chan struct{}
}

func newConnections(limit int) *connections {
	return &connections{limit: limit, drained: make(chan struct{})}
}

func (l *connections) add(c *Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open++
	if c.next = l.first; c.next != nil {
		c.next.prev = c
	}
	l.first = c
}

func (l *connections) remove(c *Conn) {
	c.container.ledger.Connections.Add(-1)
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		l.first = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	}
	c.prev, c.next = nil, nil
	l.open--
	if l.waiter != nil {
		l.waiter.Unpark()
		l.waiter = nil
	}
	l.settle()
}

// room waits until another connection may be served.
func (l *connections) room() {
	var p osthread.Parker
	for {
		l.mu.Lock()
		if l.open < l.limit {
			l.mu.Unlock()
			return
		}
		l.waiter = &p
		l.mu.Unlock()
		p.Park()
	}
}

// seal says that no more will be added: drained is closed behind the last.
func (l *connections) seal() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sealed = true
	l.settle()
}

// settle closes drained when it is time; mu is held.
func (l *connections) settle() {
	if l.sealed && l.open == 0 {
		close(l.drained)
	}
}

// collect appends the connections that which says yes to.
func (l *connections) collect(dst []*Conn, which func(*Conn) bool) []*Conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := l.first; c != nil; c = c.next {
		if which(c) {
			dst = append(dst, c)
		}
	}
	return dst
}

package engine

import (
	"context"
	"net"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/goid"
)

type taskKey struct{}

// WithTask returns a context from which [TaskOf] takes t. Engines call it for
// every request. A task that belongs to one goroutine has a method
//
//	Owned() bool
//
// that reports whether the calling goroutine is that one.
func WithTask(ctx context.Context, t Task) context.Context {
	return context.WithValue(ctx, taskKey{}, t)
}

// TaskOf returns the task of the running request. Where there is none (in a
// plain net/http server, in a test), and on a goroutine that the request's
// task does not belong to (one that the handler started; the one that
// [http.TimeoutHandler] runs a handler on), it returns a task that belongs to
// the calling goroutine and waits as Go waits.
func TaskOf(ctx context.Context) Task {
	switch t := ctx.Value(taskKey{}).(type) {
	case interface{ Owned() bool }:
		if t.Owned() {
			return t.(Task)
		}
	case Task:
		return t
	}
	return plainTask{goid.Current()}
}

// HostOf returns what the task's connections belong to. A connection from
// Dial may be used by every task of which HostOf is the same, also after the
// task that dialled it has ended; that is what a connection pool needs to
// know. A task tells by a method
//
//	Host() any
//
// whose result is comparable; for one that has none, ok is false and its
// connections are its own.
func HostOf(t Task) (host any, ok bool) {
	if h, ok := t.(interface{ Host() any }); ok {
		return h.Host(), true
	}
	return nil, false
}

// plainTask waits as Go waits and accounts nothing. Its owner is checked all
// the same: a handler that hands its task to another goroutine is told so
// where it is tried out first, not when it is put on an engine.
type plainTask struct{ owner goid.Owner }

type plainHost struct{}

func (plainTask) Host() any { return plainHost{} }

func (t plainTask) Owned() bool { return t.owner == goid.Current() }

func (t plainTask) run(f func(Task) error) error {
	if !t.Owned() {
		return ErrForeignGoroutine
	}
	return f(t)
}

func (t plainTask) Await(_ string, f func(Task) error) error { return t.run(f) }

func (t plainTask) Call(_ string, f func(Task) error) error { return t.run(f) }

func (t plainTask) Compute(_ string, f func()) { f() }

func (t plainTask) Block(_ string, f func() error) error {
	return t.run(func(Task) error { return f() })
}

func (t plainTask) Hold(r *Resource, f func(Task) error) error {
	if !t.Owned() {
		return ErrForeignGoroutine
	}
	r.Acquire(NewParker)
	defer r.Release()
	return f(t)
}

func (t plainTask) All(_ string, f ...func(Task) error) error {
	if !t.Owned() {
		return ErrForeignGoroutine
	}
	branches := make([]func() error, len(f))
	for i := range f {
		branches[i] = func() error { return f[i](plainTask{goid.Current()}) }
	}
	return Join(NewParker, func(f func()) { go f() }, branches...)
}

func (t plainTask) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	if !t.Owned() {
		return nil, ErrForeignGoroutine
	}
	var d net.Dialer
	return d.DialContext(ctx, network, address)
}

func (t plainTask) Sleep(d time.Duration) { time.Sleep(d) }

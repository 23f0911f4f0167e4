package coro

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// A Panic is how a body ended that did not return.
type Panic struct {
	Value any    // what it panicked with
	Stack []byte // of the coroutine, where it panicked
}

func (p *Panic) Error() string {
	return fmt.Sprintf("coro: a coroutine panicked: %v\n\n%s", p.Value, p.Stack)
}

// Unwrap returns the value if it is an error.
func (p *Panic) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

// ending is what run panics with where its goroutine ends. iter.Pull would end
// the resumer's goroutine with it, and passes a panic on instead.
type ending struct{}

// run is the coroutine's life: body after body until Stop.
func (c *Coroutine) run(yield func(struct{}) bool) {
	c.yield = yield
	returned := false
	defer func() {
		if !returned {
			panic(ending{})
		}
	}()
	for {
		c.call()
		c.finished = true
		if !yield(struct{}{}) {
			break
		}
	}
	returned = true
}

// call runs the body and keeps its panic, with the stack, which would be lost
// on the way to the resumer.
func (c *Coroutine) call() {
	defer func() {
		if v := recover(); v != nil {
			c.failure = &Panic{Value: v, Stack: debug.Stack()}
		}
	}()
	c.body()
}

// leave switches to the resumer. If Stop has taken its place the goroutine ends
// here: what the body has deferred runs.
func (c *Coroutine) leave() {
	if !c.yield(struct{}{}) {
		runtime.Goexit()
	}
}

func (c *Coroutine) step() { c.next() }

// enter switches to the coroutine, and reports whether its goroutine has ended
// before its time.
func (c *Coroutine) enter(switchTo func()) (ended bool) {
	defer func() {
		if v := recover(); v != nil {
			if _, ok := v.(ending); !ok {
				panic(v)
			}
			ended = true
		}
	}()
	switchTo()
	return false
}

// Stop ends the coroutine. A body that is suspended is unwound: its deferred
// functions run, on the coroutine, and a Park in them ends it for good. Stop
// does nothing if the coroutine has ended.
func (c *Coroutine) Stop() {
	c.enter(c.stop)
	c.state.Store(gone)
	c.body = nil
}

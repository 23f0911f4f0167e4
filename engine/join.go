package engine

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"sync/atomic"
)

// Join runs every f concurrently and returns when all have returned: their
// errors joined, in the order of f. It is what engines build [Task.All] on.
// The first f runs on the caller, each other one wherever spawn runs it; the
// caller waits for them on a parker that it asks park for.
//
// If one panicked, Join panics when all have ended: with the value itself if
// that is [http.ErrAbortHandler], which servers compare with, and otherwise
// with a [*BranchPanic]. The first in the order of f wins.
func Join(park func() Parker, spawn func(func()), f ...func() error) error {
	switch len(f) {
	case 0:
		return nil
	case 1:
		return f[0]()
	}
	results := make([]result, len(f))
	var left atomic.Int64
	left.Store(int64(len(f)))
	p := park()
	for i := range f[1:] {
		spawn(func() {
			defer func() {
				if left.Add(-1) == 0 {
					p.Unpark()
				}
			}()
			results[i+1].run(f[i+1])
		})
	}
	results[0].run(f[0])
	if left.Add(-1) > 0 {
		for p.Park(); left.Load() > 0; {
			p.Park()
		}
	}
	errs := make([]error, len(f))
	for i := range results {
		if results[i].panicked != nil {
			panic(results[i].panicked)
		}
		errs[i] = results[i].err
	}
	return errors.Join(errs...)
}

// A BranchPanic is what [Task.All] panics with if one of its functions did:
// the stack of that function would be lost otherwise.
type BranchPanic struct {
	Value any    // what the function panicked with
	Stack []byte // of the goroutine it panicked on
}

func (p *BranchPanic) Error() string {
	return fmt.Sprintf("engine: a branch of All panicked: %v\n\n%s", p.Value, p.Stack)
}

// Unwrap returns the value if it is an error.
func (p *BranchPanic) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

var errGoexit = errors.New("engine: a branch of All ended its goroutine (runtime.Goexit)")

type result struct {
	err      error
	panicked any
}

func (r *result) run(f func() error) {
	r.err = errGoexit
	defer func() {
		switch v := recover().(type) {
		case nil:
		case *BranchPanic: // of an All inside: its stack is the one to show
			r.panicked = v
		default:
			if v == http.ErrAbortHandler {
				r.panicked = v
				return
			}
			r.panicked = &BranchPanic{Value: v, Stack: debug.Stack()}
		}
	}()
	r.err = f()
}

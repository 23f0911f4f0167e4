package future

import (
	"errors"
	"sync/atomic"
)

// All returns the future of the values of all fs, in their order. It fails
// with the first error that any of them has, and lets go of the others. Its
// continuations run on the executor of the first, those of All of none
// directly.
func All[T any](fs ...*Future[T]) *Future[[]T] {
	if len(fs) == 0 {
		return Completed([]T{})
	}
	u := &Future[[]T]{x: fs[0].x}
	values := make([]T, len(fs))
	var left atomic.Int64
	left.Store(int64(len(fs)))
	collect(fs, u.waitFor, func(i int, q *run) {
		if fs[i].err != nil {
			u.fail(fs[i].err, q)
			return
		}
		values[i] = fs[i].value
		if left.Add(-1) == 0 {
			u.complete(values, nil, q)
		}
	})
	return u
}

// Any returns the future of the first value that any of fs has, and lets go of
// the others then. If all fail, it fails with their errors joined, in the order
// of fs. Its continuations run on the executor of the first.
func Any[T any](fs ...*Future[T]) *Future[T] {
	if len(fs) == 0 {
		return Failed[T](ErrNone)
	}
	u := &Future[T]{x: fs[0].x}
	errs := make([]error, len(fs))
	var left atomic.Int64
	left.Store(int64(len(fs)))
	collect(fs, u.waitFor, func(i int, q *run) {
		if fs[i].err == nil {
			u.complete(fs[i].value, nil, q)
			return
		}
		errs[i] = fs[i].err
		if left.Add(-1) == 0 {
			u.fail(errors.Join(errs...), q)
		}
	})
	return u
}

// collect has c called as each of fs completes, after waitFor has noted that
// all are waited for.
func collect[T any](fs []*Future[T], waitFor func(releaser) bool, c func(int, *run)) {
	for _, f := range fs {
		f.want()
	}
	waitFor(several[T](fs))
	var q run
	for i, f := range fs {
		f.add(func(q *run) { c(i, q) }, &q)
	}
	q.flush()
}

type several[T any] []*Future[T]

func (s several[T]) release(q *run) {
	for _, f := range s {
		f.release(q)
	}
}

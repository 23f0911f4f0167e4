package future

import "runtime/debug"

// A run is the work that the completion of one future brings about: the
// futures that are complete and whose continuations are still to run. It
// belongs to one goroutine. What would otherwise be recursion, a continuation
// completing the next future and so on down a chain, is a queue in it.
type run struct {
	queue    []interface{ drain(*run) }
	panicked any // by a function that has no future for it
}

// flush works the queue off. If a continuation ends the goroutine, what is left
// is done on the way out.
func (q *run) flush() {
	defer func() {
		if len(q.queue) > 0 {
			q.flush()
		}
	}()
	for len(q.queue) > 0 {
		f := q.queue[0]
		f.drain(q)
		q.queue[0] = nil
		q.queue = q.queue[1:]
	}
	if v := q.panicked; v != nil {
		q.panicked = nil
		panic(v)
	}
}

// notify calls a function that produces nothing.
func (q *run) notify(f func()) {
	defer func() {
		if v := recover(); v != nil && q.panicked == nil {
			q.panicked = &PanicError{v, debug.Stack()}
		}
	}()
	f()
}

// settle is complete on the goroutine of a caller.
func (f *Future[T]) settle(v T, err error) bool {
	var q run
	won := f.complete(v, err, &q)
	q.flush()
	return won
}

// complete completes the future, if nobody has, and puts what follows into q.
func (f *Future[T]) complete(v T, err error, q *run) bool {
	if err != nil {
		var none T
		v = none
	}
	f.mu.Lock()
	if f.phase != pending {
		f.mu.Unlock()
		return false
	}
	f.phase, f.value, f.err = settling, v, err
	sources := f.sources
	f.sources = nil
	if f.done != nil {
		close(f.done)
	}
	f.mu.Unlock()
	q.queue = append(q.queue, f)
	if sources != nil {
		sources.release(q)
	}
	return true
}

// subscribe has c called when the future is complete: by whoever completes it,
// or at once.
func (f *Future[T]) subscribe(c func(*run)) {
	var q run
	f.add(c, &q)
	q.flush()
}

// add is subscribe in the middle of a run.
func (f *Future[T]) add(c func(*run), q *run) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next = append(f.next, c)
	if f.phase == settled {
		f.phase = settling
		q.queue = append(q.queue, f)
	}
}

// drain runs what is in next, and what is added meanwhile. It takes one at a
// time, so that it can be called again where one did not return.
func (f *Future[T]) drain(q *run) {
	for {
		f.mu.Lock()
		if len(f.next) == 0 {
			f.phase, f.next = settled, nil
			f.mu.Unlock()
			return
		}
		c := f.next[0]
		f.next[0] = nil
		f.next = f.next[1:]
		f.mu.Unlock()
		c(q)
	}
}

// apply has fn run on x; fn completes f. If it does not come to that, f fails.
func (f *Future[T]) apply(x Executor, q *run, fn func(*run)) {
	if _, ok := x.(direct); ok {
		f.guard(q, fn)
		return
	}
	f.guard(q, func(q *run) {
		err := x.Execute(func() {
			var q run
			defer q.flush()
			f.guard(&q, fn)
		})
		if err != nil {
			f.fail(&RejectedError{err}, q)
		}
	})
}

// guard runs fn, unless f was cancelled before, and fails f if fn does not
// return.
func (f *Future[T]) guard(q *run, fn func(*run)) {
	if _, err := f.TryGet(); err != ErrPending {
		return
	}
	returned := false
	defer func() {
		switch v := recover(); {
		case v != nil:
			f.fail(&PanicError{v, debug.Stack()}, q)
		case !returned:
			f.fail(ErrGoexit, q)
		}
	}()
	fn(q)
	returned = true
}

func (f *Future[T]) fail(err error, q *run) {
	var none T
	f.complete(none, err, q)
}

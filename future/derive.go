package future

// Map returns the future of what fn makes of f's value.
func Map[T, U any](f *Future[T], fn func(T) (U, error)) *Future[U] {
	u := &Future[U]{x: f.x}
	f.derive(u.waitFor, func(q *run) {
		if f.err != nil {
			u.fail(f.err, q)
			return
		}
		u.apply(f.x, q, func(q *run) {
			v, err := fn(f.value)
			u.complete(v, err, q)
		})
	})
	return u
}

// Then is Map for a function that itself returns a future.
func Then[T, U any](f *Future[T], fn func(T) *Future[U]) *Future[U] {
	u := &Future[U]{x: f.x}
	f.derive(u.waitFor, func(q *run) {
		if f.err != nil {
			u.fail(f.err, q)
			return
		}
		u.apply(f.x, q, func(q *run) {
			inner := fn(f.value)
			if inner == nil {
				u.fail(ErrNilFuture, q)
				return
			}
			inner.want()
			inner.add(func(q *run) { u.complete(inner.value, inner.err, q) }, q)
			if !u.waitFor(inner) { // u was cancelled while fn ran
				inner.release(q)
			}
		})
	})
	return u
}

// Recover returns the future of f's value, or if f fails, of what fn makes of
// the error.
func (f *Future[T]) Recover(fn func(error) (T, error)) *Future[T] {
	u := &Future[T]{x: f.x}
	f.derive(u.waitFor, func(q *run) {
		if f.err == nil {
			u.complete(f.value, nil, q)
			return
		}
		u.apply(f.x, q, func(q *run) {
			v, err := fn(f.err)
			u.complete(v, err, q)
		})
	})
	return u
}

// Finally returns a future of f's result, complete after fn has seen it.
func (f *Future[T]) Finally(fn func(T, error)) *Future[T] {
	u := &Future[T]{x: f.x}
	f.derive(u.waitFor, func(q *run) {
		u.apply(f.x, q, func(q *run) {
			fn(f.value, f.err)
			u.complete(f.value, f.err, q)
		})
	})
	return u
}

// On returns a future of f's result whose continuations run on x.
func (f *Future[T]) On(x Executor) *Future[T] {
	u := &Future[T]{x: x}
	f.derive(u.waitFor, func(q *run) { u.complete(f.value, f.err, q) })
	return u
}

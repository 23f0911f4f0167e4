package future

// A releaser is what a future waits for: one future, or several.
type releaser interface {
	// release lets go of it.
	release(*run)
}

// derive adds c as what a future that derives from f does when f is complete,
// after waitFor has noted in the new one that it waits for f.
func (f *Future[T]) derive(waitFor func(releaser) bool, c func(*run)) {
	f.want()
	waitFor(f)
	f.subscribe(c)
}

func (f *Future[T]) want() {
	f.mu.Lock()
	f.wanted++
	f.mu.Unlock()
}

// waitFor notes what f lets go of when it completes; false means that it has
// completed already.
func (f *Future[T]) waitFor(sources releaser) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.phase != pending {
		return false
	}
	f.sources = sources
	return true
}

// release says that one of those who wanted the result does so no more. The
// last one cancels it.
func (f *Future[T]) release(q *run) {
	f.mu.Lock()
	f.wanted--
	last := f.wanted == 0 && f.phase == pending
	f.mu.Unlock()
	if last {
		f.fail(ErrCanceled, q)
	}
}

package future

import (
	"context"
	"time"
)

// Timeout returns a future of f's result that fails with [ErrTimeout] if that
// is not there within d, and lets go of f then. Time runs out on a goroutine of
// package time's, which is the completing one in what [Future] says.
func (f *Future[T]) Timeout(d time.Duration) *Future[T] {
	u := f.On(f.x)
	timer := time.AfterFunc(d, func() {
		var none T
		u.settle(none, ErrTimeout)
	})
	u.subscribe(func(*run) { timer.Stop() })
	return u
}

// WithContext returns a future of f's result that fails with ctx's error if ctx
// ends before it is there, and lets go of f then. The end of ctx is noticed on
// a goroutine of package context's.
func (f *Future[T]) WithContext(ctx context.Context) *Future[T] {
	u := f.On(f.x)
	stop := context.AfterFunc(ctx, func() {
		var none T
		u.settle(none, ctx.Err())
	})
	u.subscribe(func(*run) { stop() })
	return u
}

package future

import (
	"context"
	"errors"
	"testing"
)

// A future has the executor of its promise, derived ones inherit it, and On
// changes it; results that are passed on as they are trouble no executor.
func TestFunctionsRunOnTheExecutor(t *testing.T) {
	var loop, pool hand
	p := NewPromise[int](&loop)
	inc := func(v int) (int, error) { return v + 1, nil }
	a := Map(p.Future(), inc)
	b := Map(a.On(&pool), inc)
	c := Map(b, inc)
	pending := func(f *Future[int]) bool { _, err := f.TryGet(); return err == ErrPending }
	p.Complete(0, nil)
	if !pending(a) || len(loop.queue) != 1 || len(pool.queue) != 0 {
		t.Fatal("a's function is not on the loop")
	}
	loop.work()
	if pending(a) || !pending(b) || len(pool.queue) != 1 {
		t.Fatal("b's function is not on the pool")
	}
	pool.queue[0]()
	pool.queue = pool.queue[1:]
	if pending(b) || !pending(c) || len(pool.queue) != 1 {
		t.Fatal("c has not inherited the pool")
	}
	pool.work()
	if v, err := c.TryGet(); v != 3 || err != nil {
		t.Errorf("%d %v", v, err)
	}

	failed := NewPromise[int](&loop)
	d := Map(failed.Future(), inc)
	e := Completed(1).On(&loop).Recover(func(error) (int, error) { return 0, nil })
	failed.Complete(0, errBad)
	if pending(d) || pending(e) || len(loop.queue) != 0 {
		t.Error("a result that is passed on waits for the executor")
	}
}

func TestRejected(t *testing.T) {
	full := errors.New("queue full")
	x := ExecutorFunc(func(func()) error { return full })
	ran := false
	for _, f := range []*Future[int]{
		Map(Completed(1).On(x), func(int) (int, error) { ran = true; return 0, nil }),
		Completed(1).On(x).Finally(func(int, error) { ran = true }),
		Supply(context.Background(), x, func(context.Context) (int, error) { ran = true; return 0, nil }),
	} {
		_, err := f.TryGet()
		var rejected *RejectedError
		if !errors.As(err, &rejected) || !errors.Is(err, full) || ran {
			t.Errorf("%v, ran %v", err, ran)
		}
	}
	broken := ExecutorFunc(func(func()) error { panic("broken") })
	_, err := Map(Completed(1).On(broken), func(int) (int, error) { return 0, nil }).TryGet()
	var panicked *PanicError
	if !errors.As(err, &panicked) {
		t.Errorf("an executor that panics: %v", err)
	}
}

func TestSupply(t *testing.T) {
	var x hand
	type key struct{}
	ctx := context.WithValue(context.Background(), key{}, "value")
	var inside context.Context
	f := Supply(ctx, &x, func(ctx context.Context) (string, error) {
		inside = ctx
		return ctx.Value(key{}).(string), ctx.Err()
	})
	x.work()
	if v, err := f.TryGet(); v != "value" || err != nil {
		t.Errorf("%q %v", v, err)
	}
	if inside.Err() == nil {
		t.Error("the context outlives the future")
	}

	ran := false
	f = Supply(ctx, &x, func(context.Context) (string, error) { ran = true; return "", nil })
	f.Cancel()
	x.work()
	if ran {
		t.Error("ran though it was cancelled before")
	}

	// One that runs is told by its context.
	pool := newPool(t, 1)
	begun := make(chan bool)
	ended := make(chan error)
	f = Supply(ctx, pool, func(ctx context.Context) (string, error) {
		begun <- true
		<-ctx.Done()
		ended <- ctx.Err()
		return "", nil
	})
	<-begun
	f.Cancel()
	if err := <-ended; err != context.Canceled {
		t.Error(err)
	}
}

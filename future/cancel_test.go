package future

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func pass(v int) (int, error) { return v, nil }

// What two derive from goes on until both have let go.
func TestSharedFutureIsCancelledByTheLastToLetGo(t *testing.T) {
	p := NewPromise[int](nil)
	canceled := 0
	p.OnCancel(func() { canceled++ })
	shared := Map(p.Future(), pass)
	a, b := Map(shared, pass), shared.Finally(func(int, error) {})
	a.Cancel()
	if canceled != 0 {
		t.Fatal("cancelled though another wants it")
	}
	if !b.Cancel() || canceled != 1 {
		t.Fatalf("nobody wants it, and it was cancelled %d times", canceled)
	}
	if p.Complete(1, nil) {
		t.Error("completed though it was cancelled")
	}
	if _, err := shared.TryGet(); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	p.OnCancel(func() { canceled++ }) // at once
	if canceled != 2 {
		t.Error("nobody told the late one")
	}
}

func TestCancelGoesDownstream(t *testing.T) {
	p := NewPromise[int](nil)
	ran := false
	u := Map(p.Future(), func(int) (int, error) { ran = true; return 0, nil })
	saved := u.Recover(func(err error) (int, error) {
		if err != ErrCanceled {
			t.Error(err)
		}
		return 5, nil
	})
	p.Future().Cancel()
	if _, err := u.TryGet(); err != ErrCanceled || ran {
		t.Errorf("%v, ran %v", err, ran)
	}
	if v, err := saved.TryGet(); v != 5 || err != nil {
		t.Errorf("%d %v", v, err)
	}
}

func TestWhoWaitsWantsIt(t *testing.T) {
	p := NewPromise[int](nil)
	done := p.Future().Done()
	Map(p.Future(), pass).Cancel()
	if !p.Complete(1, nil) {
		t.Error("cancelled though somebody waits for it")
	}
	<-done
}

// The inner future of a Then is what it waits for, once it is there.
func TestThenLetsGoOfTheInner(t *testing.T) {
	outer, inner := NewPromise[int](nil), NewPromise[int](nil)
	u := Then(outer.Future(), func(int) *Future[int] { return inner.Future() })
	outer.Complete(1, nil)
	u.Cancel()
	if _, err := inner.Future().TryGet(); err != ErrCanceled {
		t.Error(err)
	}

	outer, inner = NewPromise[int](nil), NewPromise[int](nil)
	u = Then(outer.Future(), func(int) *Future[int] {
		u.Cancel() // before there is an inner one
		return inner.Future()
	})
	outer.Complete(1, nil)
	if _, err := inner.Future().TryGet(); err != ErrCanceled {
		t.Error(err)
	}
}

func TestAllAndAnyLetGoOfTheOthers(t *testing.T) {
	make3 := func() (ps [3]*Promise[int], fs []*Future[int]) {
		for i := range ps {
			ps[i] = NewPromise[int](nil)
			fs = append(fs, ps[i].Future())
		}
		return ps, fs
	}
	ps, fs := make3()
	u := All(fs...)
	keeps := Map(fs[2], pass)
	ps[1].Complete(0, errBad)
	if _, err := u.TryGet(); err != errBad {
		t.Error(err)
	}
	if _, err := fs[0].TryGet(); err != ErrCanceled {
		t.Errorf("nobody wants the first: %v", err)
	}
	if ps[2].Complete(3, nil); !equals(keeps, 3) {
		t.Error("somebody wants the third")
	}

	ps, fs = make3()
	v := Any(fs...)
	ps[0].Complete(0, errBad)
	ps[1].Complete(2, nil)
	if !equals(v, 2) {
		t.Error("the second succeeded")
	}
	if _, err := fs[2].TryGet(); err != ErrCanceled {
		t.Errorf("nobody wants the third: %v", err)
	}
}

func equals(f *Future[int], v int) bool {
	got, err := f.TryGet()
	return got == v && err == nil
}

// A panic in what is to hear of a cancellation is the canceller's, after all
// the rest is done.
func TestPanicOfOnCancel(t *testing.T) {
	p := NewPromise[int](nil)
	p.OnCancel(func() { panic(errBad) })
	told := false
	p.OnCancel(func() { told = true })
	defer func() {
		err, _ := recover().(error)
		if !errors.Is(err, errBad) || !told {
			t.Errorf("%v, told %v", err, told)
		}
	}()
	p.Future().Cancel()
	t.Error("the panic is lost")
}

func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPromise[int](nil)
		canceled := false
		p.OnCancel(func() { canceled = true })
		start := time.Now()
		_, err := Map(p.Future(), pass).Timeout(time.Second).Get(t.Context())
		if err != ErrTimeout || !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		synctest.Wait()
		if !canceled {
			t.Error("what timed out goes on")
		}

		p = NewPromise[int](nil)
		f := p.Future().Timeout(time.Second)
		p.Complete(4, nil)
		time.Sleep(time.Minute)
		if !equals(f, 4) {
			t.Error("in time, and timed out all the same")
		}
	})
}

func TestWithContext(t *testing.T) {
	p := NewPromise[int](nil)
	ctx, cancel := context.WithCancel(context.Background())
	f := p.Future().WithContext(ctx)
	cancel()
	if _, err := f.Get(context.Background()); err != context.Canceled {
		t.Error(err)
	}
	<-p.Future().Done()
	if f := Completed(2).WithContext(ctx); !equals(f, 2) {
		t.Error("complete, and the context undid it")
	}
}

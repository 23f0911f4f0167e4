package engine

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestTaskOfWithoutAnEngineWaitsAsGoWaits(t *testing.T) {
	task := TaskOf(t.Context())
	r := NewResource("db", 1)
	var trace []string
	step := func(name string) { trace = append(trace, name) }
	err := task.Await("a", func(task Task) error {
		step("await")
		return task.Call("b", func(task Task) error {
			step("call")
			task.Compute("c", func() { step("compute") })
			return task.Hold(r, func(task Task) error {
				step("hold")
				return task.Block("d", func() error { step("block"); return io.ErrClosedPipe })
			})
		})
	})
	if err != io.ErrClosedPipe {
		t.Errorf("the error of the innermost step became %v", err)
	}
	if got := strings.Join(trace, " "); got != "await call compute hold block" {
		t.Errorf("ran %s", got)
	}
}

func TestPlainTaskDials(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	c, err := TaskOf(t.Context()).Dial(t.Context(), "tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}

func TestForeignGoroutineIsRefusedByName(t *testing.T) {
	task := TaskOf(t.Context())
	r := NewResource("db", 1)
	inner := func(Task) error { t.Error("ran on a foreign goroutine"); return nil }
	verbs := map[string]func() error{
		"await": func() error { return task.Await("x", inner) },
		"call":  func() error { return task.Call("x", inner) },
		"block": func() error { return task.Block("x", func() error { return inner(nil) }) },
		"hold":  func() error { return task.Hold(r, inner) },
		"all":   func() error { return task.All("x", inner, inner) },
		"dial": func() error {
			_, err := task.Dial(context.Background(), "tcp", "127.0.0.1:1")
			return err
		},
	}
	for name, verb := range verbs {
		done := make(chan error)
		go func() { done <- verb() }()
		if err := <-done; !errors.Is(err, ErrForeignGoroutine) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ran := make(chan bool, 1)
	go func() {
		task.Sleep(time.Nanosecond)
		task.Compute("x", func() { ran <- true })
	}()
	<-ran // compute and sleep run as plain Go
}

type ownedTask struct {
	Task
	owned bool
}

func (o ownedTask) Owned() bool { return o.owned }

func TestTaskOfGivesTheTaskToItsOwnerOnly(t *testing.T) {
	mine, other := ownedTask{owned: true}, ownedTask{owned: false}
	if got := TaskOf(WithTask(t.Context(), mine)); got != mine {
		t.Errorf("owner got %T", got)
	}
	if _, plain := TaskOf(WithTask(t.Context(), other)).(plainTask); !plain {
		t.Error("a foreign goroutine got the task itself")
	}
}

func TestHostOfTellsWhoseConnectionsTheyAre(t *testing.T) {
	a, ok := HostOf(TaskOf(t.Context()))
	b, _ := HostOf(TaskOf(context.Background()))
	if !ok || a != b {
		t.Error("two plain tasks may use each other's connections, and HostOf denies it")
	}
	if _, ok := HostOf(struct{ Task }{}); ok {
		t.Error("a task that tells nothing has a host")
	}
}

func TestAllRunsConcurrentlyAndJoinsErrorsInOrder(t *testing.T) {
	task := TaskOf(t.Context())
	var inside atomic.Int64
	const k = 5
	branch := func(err error) func(Task) error {
		return func(task Task) error {
			inside.Add(1)
			for inside.Load() < k { // returns only if all k run at once
				runtime.Gosched()
			}
			return task.Await("inner", func(Task) error { return err }) // the branch's task is its own
		}
	}
	first, second := errors.New("first"), errors.New("second")
	err := task.All("fan-out", branch(nil), branch(first), branch(nil), branch(second), branch(nil))
	if err == nil || err.Error() != "first\nsecond" || !errors.Is(err, second) {
		t.Errorf("joined to %q", err)
	}
	if err := task.All("none"); err != nil {
		t.Errorf("All of nothing: %v", err)
	}
	if err := task.All("one", func(Task) error { return first }); !errors.Is(err, first) {
		t.Errorf("All of one: %v", err)
	}
}

func TestAllPanicsOnTheCallerWhenAllHaveEnded(t *testing.T) {
	boom := errors.New("boom")
	rows := []struct {
		name  string
		f     []func(Task) error
		check func(v any) bool
	}{
		{"in a branch that was spawned", []func(Task) error{nop, func(Task) error { panic(boom) }}, func(v any) bool {
			p, ok := v.(*BranchPanic)
			return ok && errors.Is(p, boom) && strings.Contains(string(p.Stack), "TestAllPanics") && strings.Contains(p.Error(), "boom")
		}},
		{"in the caller's own branch", []func(Task) error{func(Task) error { panic("mine") }, nop}, func(v any) bool {
			p, ok := v.(*BranchPanic)
			return ok && p.Value == "mine" && p.Unwrap() == nil
		}},
		{"the server's own abort value stays comparable", []func(Task) error{nop, func(Task) error { panic(http.ErrAbortHandler) }}, func(v any) bool { return v == http.ErrAbortHandler }},
		{"an inner All's panic is not wrapped twice", []func(Task) error{nop, func(t Task) error {
			return t.All("inner", nop, func(Task) error { panic("deep") })
		}}, func(v any) bool {
			p, ok := v.(*BranchPanic)
			return ok && p.Value == "deep"
		}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			var ended atomic.Bool
			defer func() {
				if v := recover(); !row.check(v) {
					t.Errorf("panicked with %#v", v)
				}
				if !ended.Load() {
					t.Error("a branch was still running")
				}
			}()
			TaskOf(t.Context()).All("x", append(row.f, func(Task) error {
				for range 100 {
					runtime.Gosched()
				}
				ended.Store(true)
				return nil
			})...)
		})
	}
}

func TestAllTellsThatABranchEndedItsGoroutine(t *testing.T) {
	err := TaskOf(t.Context()).All("x", nop, func(Task) error { runtime.Goexit(); return nil })
	if err == nil || !strings.Contains(err.Error(), "Goexit") {
		t.Errorf("got %v", err)
	}
}

func nop(Task) error { return nil }

func BenchmarkTaskOf(b *testing.B) {
	ctx := WithTask(context.Background(), ownedTask{owned: true})
	b.ReportAllocs()
	for b.Loop() {
		TaskOf(ctx)
	}
}

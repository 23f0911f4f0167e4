package inline

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/model"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// goHost waits as Go waits. Its Dial takes a second and always fails.
type goHost struct{ _ int }

var errDial = errors.New("no network here")

func (*goHost) Dial(context.Context, string, string) (net.Conn, error) {
	time.Sleep(time.Second)
	return nil, errDial
}
func (*goHost) Sleep(d time.Duration)    { time.Sleep(d) }
func (*goHost) NewParker() engine.Parker { return engine.NewParker() }
func (*goHost) Go(f func())              { go f() }

// run runs f as a request and returns what was accounted of it.
func run(t *testing.T, f func(t *Task)) (s engine.Stats) {
	synctest.Test(t, func(*testing.T) {
		var l account.Ledger
		var c account.Clock
		var task Task
		c.Begin(&l, account.Now(), account.Now())
		task.Reset(&goHost{}, &c)
		f(&task)
		if task.clock.State() != model.OnCPU {
			t.Errorf("the request came back in state %v", task.clock.State())
		}
		task.Release()
		c.End(-1)
		s = l.Snapshot()
	})
	return s
}

const second = int64(time.Second)

func sleep(seconds int) func(engine.Task) error {
	return func(engine.Task) error { time.Sleep(time.Duration(seconds) * time.Second); return nil }
}

func TestEachVerbIsAccountedInItsState(t *testing.T) {
	db := engine.NewResource("db", 1)
	rows := []struct {
		name  string
		f     func(t *Task)
		state model.State
		op    string // "verb name seconds", or nothing
	}{
		{"await", func(t *Task) { t.Await("x", sleep(1)) }, model.Awaiting, "await x 1"},
		{"call", func(t *Task) { t.Call("x", sleep(1)) }, model.Calling, "call x 1"},
		{"block", func(t *Task) { t.Block("x", func() error { return sleep(1)(nil) }) }, model.Blocked, "block x 1"},
		{"compute", func(t *Task) { t.Compute("x", func() { sleep(1)(nil) }) }, model.OnCPU, "compute x 1"},
		{"sleep is an await", func(t *Task) { t.Sleep(time.Second) }, model.Awaiting, ""},
		{"dial outside a verb is a call", func(t *Task) { t.Dial(context.Background(), "tcp", "x:1") }, model.Calling, ""},
		{"dial inside await awaits", func(t *Task) {
			t.Await("x", func(t engine.Task) error { _, err := t.Dial(context.Background(), "tcp", "x:1"); return err })
		}, model.Awaiting, "await x 1"},
		{"held: the inner time is not a wait", func(t *Task) { t.Hold(db, sleep(1)) }, model.OnCPU, "hold db 1"},
		{"compute inside call computes", func(t *Task) {
			t.Call("", func(t engine.Task) error { t.Compute("x", func() { sleep(1)(nil) }); return nil })
		}, model.OnCPU, "call  1,compute x 1"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			s := run(t, row.f)
			var want [model.NumStates]int64
			want[row.state] = second
			if s.Residence != want {
				t.Errorf("residence %v, want %v", s.Residence, want)
			}
			var ops []string
			for _, o := range s.Ops {
				if o.Count != 1 {
					t.Errorf("%+v", o)
				}
				ops = append(ops, o.Verb+" "+o.Op+" "+string(rune('0'+o.Nanos/second)))
			}
			// an inner step ends, and so is seen, before the outer one
			if got := strings.Join(ops, ","); got != row.op && got != reversed(row.op) {
				t.Errorf("ops %q, want %q", got, row.op)
			}
		})
	}
}

func reversed(s string) string {
	a, b, _ := strings.Cut(s, ",")
	return b + "," + a
}

func TestHoldAccountsTheWaitForTheSlot(t *testing.T) {
	db := engine.NewResource("db", 1)
	s := run(t, func(task *Task) {
		db.Acquire(engine.NewParker)
		go func() { time.Sleep(3 * time.Second); db.Release() }()
		task.Hold(db, func(t engine.Task) error { return t.Call("query", sleep(2)) })
	})
	if want := ([model.NumStates]int64{model.Holding: 3 * second, model.Calling: 2 * second}); s.Residence != want {
		t.Errorf("residence %v, want %v", s.Residence, want)
	}
}

func TestHoldGivesTheSlotBackAfterAPanic(t *testing.T) {
	db := engine.NewResource("db", 1)
	run(t, func(task *Task) {
		defer func() {
			if recover() != "boom" || db.Stats().InUse != 0 {
				t.Errorf("slots in use: %d", db.Stats().InUse)
			}
		}()
		task.Await("x", func(t engine.Task) error {
			return t.Hold(db, func(engine.Task) error { panic("boom") })
		})
	})
}

// The request is in the state of the first branch, then awaits the others.
func TestAllIsAccountedByItsFirstBranch(t *testing.T) {
	s := run(t, func(task *Task) {
		err := task.All("fan-out",
			func(t engine.Task) error { return t.Call("first", sleep(1)) },
			func(t engine.Task) error { return t.Call("second", sleep(5)) },
			func(t engine.Task) error { return t.Block("third", func() error { return sleep(2)(nil) }) })
		if err != nil {
			t.Error(err)
		}
	})
	if want := ([model.NumStates]int64{model.Calling: second, model.Awaiting: 4 * second}); s.Residence != want {
		t.Errorf("residence %v, want %v", s.Residence, want)
	}
	total := map[string]int64{}
	for _, o := range s.Ops {
		total[o.Verb+" "+o.Op] = o.Nanos / second
	}
	if total["call first"] != 1 || total["call second"] != 5 || total["block third"] != 2 || total["parallel fan-out"] != 5 {
		t.Errorf("ops %v", total)
	}
}

func TestTaskIsRefusedToEverybodyButItsOwner(t *testing.T) {
	db := engine.NewResource("db", 1)
	inner := func(engine.Task) error { t.Error("ran"); return nil }
	verbs := map[string]func(*Task) error{
		"await": func(t *Task) error { return t.Await("x", inner) },
		"call":  func(t *Task) error { return t.Call("x", inner) },
		"block": func(t *Task) error { return t.Block("x", func() error { return inner(t) }) },
		"hold":  func(t *Task) error { return t.Hold(db, inner) },
		"all":   func(t *Task) error { return t.All("x", inner, inner) },
		"dial":  func(t *Task) error { _, err := t.Dial(context.Background(), "tcp", "x:1"); return err },
	}
	for name, verb := range verbs {
		s := run(t, func(task *Task) {
			done := make(chan error)
			go func() { done <- verb(task) }()
			if err := <-done; err != engine.ErrForeignGoroutine {
				t.Errorf("%s on a foreign goroutine: %v", name, err)
			}
			task.Release()
			if err := verb(task); err != engine.ErrForeignGoroutine {
				t.Errorf("%s after the request: %v", name, err)
			}
		})
		if len(s.Ops) != 0 {
			t.Errorf("%s was accounted: %v", name, s.Ops)
		}
	}
	s := run(t, func(task *Task) {
		done := make(chan bool, 1)
		go func() { task.Sleep(time.Second); task.Compute("x", func() { done <- true }) }()
		<-done
	})
	if len(s.Ops) != 0 || s.Residence[model.OnCPU] != second {
		t.Errorf("plain Go was accounted: %+v", s)
	}
}

func TestBranchTaskDoesNotOutliveItsBranch(t *testing.T) {
	run(t, func(task *Task) {
		var kept engine.Task
		task.All("x", func(engine.Task) error { return nil }, func(t engine.Task) error {
			kept = t
			return t.Await("mine", sleep(1))
		})
		if err := kept.Await("late", sleep(1)); err != engine.ErrForeignGoroutine {
			t.Errorf("got %v", err)
		}
	})
}

func TestTaskOfFindsIt(t *testing.T) {
	run(t, func(task *Task) {
		ctx := engine.WithTask(context.Background(), task)
		if engine.TaskOf(ctx) != engine.Task(task) {
			t.Error("the owner does not get its task")
		}
		host, ok := engine.HostOf(task)
		if !ok || host != task.host {
			t.Error("the task does not tell its host")
		}
		done := make(chan engine.Task)
		go func() { done <- engine.TaskOf(ctx) }()
		if <-done == engine.Task(task) {
			t.Error("a foreign goroutine gets the request's task")
		}
	})
}

func BenchmarkVerb(b *testing.B) {
	var l account.Ledger
	var c account.Clock
	var task Task
	c.Begin(&l, account.Now(), account.Now())
	task.Reset(&goHost{}, &c)
	f := func(engine.Task) error { return nil }
	b.ReportAllocs()
	for b.Loop() {
		task.Await("payment", f)
	}
}

// Inside On a request waits another host's way, on the same account.
func TestOnWaitsAsAnotherHost(t *testing.T) {
	s := run(t, func(task *Task) {
		other := &goHost{}
		var kept engine.Task
		err := task.On(other, func(inner engine.Task) error {
			kept = inner
			if host, _ := engine.HostOf(inner); host != any(other) {
				t.Error("its connections are not the other host's")
			}
			return inner.Call("x", sleep(2))
		})
		if err != nil || task.Call("y", sleep(1)) != nil {
			t.Error(err)
		}
		if err := kept.Call("late", sleep(1)); err != engine.ErrForeignGoroutine {
			t.Errorf("it outlives its step: %v", err)
		}
	})
	if want := ([model.NumStates]int64{model.Calling: 3 * second}); s.Residence != want {
		t.Errorf("residence %v, want %v", s.Residence, want)
	}
}

// A step on another goroutine has the task, and the one it came from has not.
func TestATaskMovesToAnotherGoroutineAndBack(t *testing.T) {
	run(t, func(task *Task) {
		done := make(chan struct{})
		from := make(chan uintptr, 1)
		go func() {
			defer close(done)
			from <- task.Take()
			if err := task.Await("there", sleep(1)); err != nil {
				t.Errorf("where it moved to: %v", err)
			}
		}()
		<-done
		if err := task.Await("here", sleep(1)); err != engine.ErrForeignGoroutine {
			t.Errorf("where it came from: %v", err)
		}
		task.Return(<-from)
		if err := task.Await("here", sleep(1)); err != nil {
			t.Errorf("back: %v", err)
		}
	})
}

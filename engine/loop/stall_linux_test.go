package loop

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
	"github.com/plimsoll-dev/plimsoll/model"
)

// A journal is the order in which things happen.
type journal struct {
	mu     sync.Mutex
	events []string
}

func (j *journal) add(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.events = append(j.events, fmt.Sprintf(format, args...))
}

// The heart of the matter: who else is served while a request is in a step.
func TestWhoIsServedWhileOneWaits(t *testing.T) {
	for _, c := range []struct {
		step   string
		stalls bool
		run    func(t engine.Task, u *rig.Gate) error
	}{
		{"await", false, func(t engine.Task, u *rig.Gate) error {
			return t.Await("x", u.Pass)
		}},
		{"await in call", false, func(t engine.Task, u *rig.Gate) error {
			return t.Call("x", func(t engine.Task) error {
				return t.Await("y", u.Pass)
			})
		}},
		{"call", true, func(t engine.Task, u *rig.Gate) error {
			return t.Call("x", u.Pass)
		}},
		{"call in await", true, func(t engine.Task, u *rig.Gate) error {
			return t.Await("x", func(t engine.Task) error {
				return t.Call("y", u.Pass)
			})
		}},
		{"call in a branch of all", true, func(t engine.Task, u *rig.Gate) error {
			return t.All("x", func(engine.Task) error { return nil }, func(t engine.Task) error {
				return t.Call("y", u.Pass)
			})
		}},
		{"no step", true, func(t engine.Task, u *rig.Gate) error { return u.Pass(t) }},
		{"block", true, func(t engine.Task, u *rig.Gate) error {
			return t.Block("x", func() error { return u.Wait() })
		}},
		{"compute", true, func(t engine.Task, u *rig.Gate) (err error) {
			t.Compute("x", func() { err = u.Wait() }) // it takes as long as we want
			return err
		}},
		{"plain Go", true, func(t engine.Task, u *rig.Gate) error { return u.Wait() }},
	} {
		t.Run(c.step, func(t *testing.T) {
			u := rig.NewGate(t)
			var tr journal
			r := serve(t, "loop", func(w http.ResponseWriter, r *http.Request) {
				tr.add("%s begins", r.URL.Path)
				if r.URL.Path == "/a" {
					if err := c.run(engine.TaskOf(r.Context()), u); err != nil {
						t.Error(err)
					}
				}
				tr.add("%s ends", r.URL.Path)
			})
			a, b := r.Dial(), r.Dial()
			b.Send("/warm").Expect(200) // its connection is known to the loop
			a.Send("/a")
			u.Holds(t, 1)
			b.Send("/b")
			want := []string{"/warm begins", "/warm ends", "/a begins", "/b begins", "/b ends", "/a ends"}
			if c.stalls {
				want = []string{"/warm begins", "/warm ends", "/a begins", "/a ends", "/b begins", "/b ends"}
			} else {
				b.Expect(200) // before the upstream has said a word
			}
			u.Open()
			a.Expect(200)
			if c.stalls {
				b.Expect(200)
			}
			r.Stop()
			if !slices.Equal(tr.events, want) {
				t.Errorf("%q", tr.events)
			}
		})
	}
}

func TestAStallIsPutDownToItsStep(t *testing.T) {
	const long = 4 * time.Millisecond
	slow := func(engine.Task) error { time.Sleep(long); return nil }
	for _, c := range []struct {
		name     string
		run      func(t engine.Task)
		op, verb string // of the stall; "": there is none
	}{
		{"a call", func(t engine.Task) { t.Call("db", slow) }, "db", "call"},
		{"a computation", func(t engine.Task) { t.Compute("parse", func() { slow(t) }) }, "parse", "compute"},
		{"a blocking step", func(t engine.Task) { t.Block("scan", func() error { return slow(t) }) }, "scan", "block"},
		{"an await that does not", func(t engine.Task) { t.Await("fake", slow) }, "fake", "await"},
		{"the handler itself", func(t engine.Task) { slow(t) }, "(handler)", ""},
		{"the longest of several", func(t engine.Task) {
			t.Call("short", func(engine.Task) error { return nil }) // were it to sleep, a busy machine might make it the longest
			t.Call("long", slow)
		}, "long", "call"},
		{"the innermost", func(t engine.Task) {
			t.Await("outer", func(t engine.Task) error { return t.Call("inner", slow) })
		}, "inner", "call"},
		{"an await", func(t engine.Task) { t.Sleep(long) }, "", ""},
		{"what is held while it awaits", func(t engine.Task) {
			t.Hold(engine.NewResource("pool", 1), func(t engine.Task) error { t.Sleep(long); return nil })
		}, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := serve(t, "loop:slow=2ms", func(w http.ResponseWriter, r *http.Request) { c.run(engine.TaskOf(r.Context())) })
			k := r.Dial()
			const requests = 3
			for range requests {
				k.Send("/").Expect(200)
			}
			r.Stop()
			s := r.Stats()
			if c.op == "" {
				for _, stall := range s.Stalls { // of the machine, not of a step
					if stall.Op != "(handler)" && stall.Count == requests {
						t.Errorf("%+v", stall)
					}
				}
				return
			}
			i := slices.IndexFunc(s.Stalls, func(st engine.StallStats) bool { return st.Op == c.op && st.Verb == c.verb })
			if i < 0 {
				t.Fatalf("not among the stalls: %+v", s.Stalls)
			}
			if st := s.Stalls[i]; st.Count != requests || st.Nanos < int64(requests*long) || st.Max < int64(long) || st.Max > st.Nanos {
				t.Errorf("%+v", st)
			}
			loop := s.Loops[0]
			if loop.BusyNanos < int64(requests*long) || loop.LagSeconds2 <= 0 || loop.Turns < requests {
				t.Errorf("%+v", loop)
			}
			if loop.StalledNanos < int64(requests*long) {
				t.Errorf("stalled for %v", time.Duration(loop.StalledNanos))
			}
		})
	}
}

// Nothing is a stall below the threshold.
func TestTheThresholdOfStalls(t *testing.T) {
	r := serve(t, "loop:slow=1h", func(w http.ResponseWriter, r *http.Request) {
		engine.TaskOf(r.Context()).Call("db", func(engine.Task) error { time.Sleep(time.Millisecond); return nil })
	})
	r.Get("/").Expect(200)
	r.Stop()
	if s := r.Stats(); len(s.Stalls) != 0 || s.Loops[0].StalledNanos < int64(time.Millisecond) {
		t.Errorf("%+v, stalled %d", s.Stalls, s.Loops[0].StalledNanos)
	}
}

func TestOtherConfigurationsAreRefused(t *testing.T) {
	cfg, err := model.ParseEngine("thread")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), "write loop") {
		t.Errorf("%v", err)
	}
}

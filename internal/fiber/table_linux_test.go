package fiber

import (
	"runtime"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/plimsoll-dev/plimsoll/internal/goid"
)

// A table is a map, through all growing and deleting.
func TestTableIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var tab table
		model := map[goid.Owner]*Fiber{}
		for range rapid.IntRange(1, 300).Draw(t, "operations") {
			o := goid.Owner(rapid.IntRange(1, 200).Draw(t, "owner")) << 7 // as addresses of one size are
			if _, there := model[o]; there && rapid.Bool().Draw(t, "remove") {
				tab.remove(o)
				delete(model, o)
			} else if !there {
				model[o] = new(Fiber)
				tab.put(o, model[o])
			}
		}
		for o := goid.Owner(0); o <= 201<<7; o += 1 << 7 {
			if o != 0 && tab.get(o) != model[o] {
				t.Fatalf("%#x: %p, want %p", o, tab.get(o), model[o])
			}
		}
		if tab.live != len(model) {
			t.Fatalf("%d live, want %d", tab.live, len(model))
		}
	})
}

// Goroutines that come and go, as fibers do, find themselves all the while.
func TestTableWhileItChanges(t *testing.T) {
	var tab table
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 200 {
				var one sync.WaitGroup
				one.Go(func() {
					me, f := goid.Current(), new(Fiber)
					tab.put(me, f)
					for range 10 {
						if tab.get(me) != f {
							t.Error("a goroutine does not find itself")
						}
						runtime.Gosched()
					}
					tab.remove(me)
					if tab.get(me) != nil {
						t.Error("a goroutine is found that was removed")
					}
				})
				one.Wait()
			}
		})
	}
	all.Wait()
	if tab.live != 0 {
		t.Errorf("%d are left", tab.live)
	}
}

func BenchmarkCurrent(b *testing.B) {
	var f Fiber
	for i := range 5000 {
		fibers.put(goid.Owner(1<<40+i<<9), &f)
	}
	fibers.put(goid.Current(), &f)
	defer fibers.remove(goid.Current())
	for b.Loop() {
		if Current() != &f {
			b.Fatal("not found")
		}
	}
}

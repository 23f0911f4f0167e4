package trace

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/plimsoll-dev/plimsoll/model"
)

// zero is a clock at which nothing moves.
func zero() int64 { return 0 }

func TestWhatTouchesTheStretchIsKept(t *testing.T) {
	Start(func() int64 { return 100 }, 100, 10)
	for _, c := range []struct {
		op       string
		from, to int64
	}{
		{"ended before", 10, 99},
		{"ended as it began", 10, 100},
		{"around", 10, 500},
		{"inside", 120, 130},
		{"at a moment", 150, 150},
		{"beyond its end", 199, 900},
		{"began when it was over", 200, 201},
	} {
		Add(Event{What: Step, Op: c.op, From: c.from, To: c.to})
	}
	r := Take()
	var ops []string
	for _, e := range r.Events {
		ops = append(ops, e.Op)
	}
	want := []string{"ended as it began", "around", "inside", "at a moment", "beyond its end"}
	if len(ops) != len(want) {
		t.Fatalf("got %q, want %q", ops, want)
	}
	for i := range want {
		if ops[i] != want[i] {
			t.Errorf("got %q, want %q", ops, want)
		}
	}
	if r.From != 100 || r.Until != 200 || r.Dropped != 0 {
		t.Errorf("recording %+v", r)
	}
}

// Between the making of the buffer and the first event that gets into it time
// passes, and the stretch begins after it: inside of it nothing is missing.
func TestTheStretchBeginsWhenRecordingDoes(t *testing.T) {
	times := []int64{100, 130}
	Start(func() (now int64) { now, times = times[0], times[1:]; return now }, 100, 10)
	Add(Event{Op: "not all of these are here", From: 90, To: 129})
	Add(Event{Op: "and of these", From: 90, To: 130})
	r := Take()
	if r.From != 130 || r.Until != 200 || len(r.Events) != 1 || r.Events[0].To != 130 {
		t.Errorf("recording %+v", r)
	}
}

func TestOffUntilStartAndAfterTake(t *testing.T) {
	if On() {
		t.Error("on before Start")
	}
	Add(Event{What: Step, From: 1, To: 2}) // goes nowhere
	Start(zero, 10, 1)
	if !On() {
		t.Error("off after Start")
	}
	if r := Take(); r == nil || len(r.Events) != 0 {
		t.Errorf("took %+v", r)
	}
	if On() || Take() != nil {
		t.Error("on after Take")
	}
}

// What there is no room for is counted: every event is either in the recording
// or dropped, however many threads write, also while it is taken.
func TestEveryEventIsKeptOrCounted(t *testing.T) {
	const threads, each, room = 8, 2000, 5000
	Start(zero, 1, room)
	var all sync.WaitGroup
	for n := range threads {
		all.Go(func() {
			for i := range each {
				Add(Event{What: Step, Strand: Strand{Request: uint64(n*each + i + 1)}, Verb: model.Await})
			}
		})
	}
	all.Wait()
	r := Take()
	if len(r.Events) != room || r.Dropped != threads*each-room {
		t.Errorf("%d kept and %d dropped of %d", len(r.Events), r.Dropped, threads*each)
	}
	seen := map[uint64]bool{}
	for _, e := range r.Events {
		if e.Strand.Request == 0 || e.Verb != model.Await || seen[e.Strand.Request] {
			t.Fatalf("half an event, or one twice: %+v", e)
		}
		seen[e.Strand.Request] = true
	}
}

func TestTakeAmongWriters(t *testing.T) {
	var stop atomic.Bool
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for !stop.Load() {
				Add(Event{What: Step, Op: "op", Verb: model.Call})
			}
		})
	}
	for range 200 {
		Start(zero, 1, 64)
		for _, e := range Take().Events {
			if e.Op != "op" || e.Verb != model.Call {
				t.Errorf("half an event: %+v", e)
			}
		}
	}
	stop.Store(true)
	all.Wait()
}

func TestBranchesOfARequestDiffer(t *testing.T) {
	s := Strand{Request: 7}
	a, b := s.NewBranch(), s.NewBranch()
	if a == b || a == s || b == s || a.Request != 7 || a.NewBranch().Request != 7 {
		t.Errorf("branches %+v and %+v of %+v", a, b, s)
	}
}

// What everybody pays for the possibility: the difference to an empty loop.
func BenchmarkOff(b *testing.B) {
	b.Run("empty", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
		}
	})
	b.Run("asked", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if On() {
				b.Fatal("it is on")
			}
		}
	})
}

// What recording an event costs, on fresh memory, as it always is.
func BenchmarkAdd(b *testing.B) {
	const room = 20_000
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%room == 0 {
			b.StopTimer()
			Start(zero, 1, room)
			b.StartTimer()
		}
		Add(Event{What: Step, Strand: Strand{Request: 1}, Op: "op", Verb: model.Await, From: 0, To: 1})
	}
	Take()
}

// The room is used up: dropping costs less than recording.
func BenchmarkDrop(b *testing.B) {
	Start(zero, 1, 1)
	defer Take()
	b.ReportAllocs()
	for b.Loop() {
		Add(Event{What: Step, Op: "op", Verb: model.Await})
	}
}

package event

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

// Against a list that is sorted anew for each event: whatever is scheduled and
// taken in between, what comes out is ordered by time, and then by the order of
// scheduling.
func TestEventsComeInOrderAndThoseOfOneTimeAsScheduled(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		var q Queue
		var model []Event
		now, spread := int64(0), 1+r.Int64N(1000) // small ones have many of one time
		for i := range 2000 {
			if r.IntN(5) < 3 || len(model) == 0 {
				at := now + r.Int64N(spread)
				q.Schedule(at, uint8(i), int32(i))
				model = append(model, Event{At: at, Arg: int32(i)})
				continue
			}
			slices.SortStableFunc(model, func(a, b Event) int { return cmp.Compare(a.At, b.At) })
			if q.Len() != len(model) || q.Next() != model[0].At {
				t.Fatalf("seed %d: %d events, the next at %d; expected %d, %d", seed, q.Len(), q.Next(), len(model), model[0].At)
			}
			e := q.Take()
			if e.At != model[0].At || e.Arg != model[0].Arg || e.Kind != uint8(e.Arg) {
				t.Fatalf("seed %d: took %+v; expected %+v", seed, e, model[0])
			}
			now, model = e.At, model[1:]
		}
	}
}

func TestAQueueAllocatesOnlyToGrow(t *testing.T) {
	var q Queue
	work := func() {
		for i := range int64(1000) {
			q.Schedule(i*7919%1000, 0, 0)
		}
		for q.Len() > 0 {
			q.Take()
		}
	}
	work()
	if n := testing.AllocsPerRun(10, work); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestARingIsAList(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var ring Ring[int]
	var list []int
	for i := range 100_000 {
		switch op := r.IntN(5); {
		case op == 0:
			ring.PushFront(i)
			list = slices.Insert(list, 0, i)
		case op < 3 || len(list) == 0:
			ring.Push(i)
			list = append(list, i)
		case op == 3:
			if first := ring.First(); first != list[0] {
				t.Fatalf("first %d, expected %d", first, list[0])
			}
			if v := ring.Pop(); v != list[0] {
				t.Fatalf("took %d, expected %d", v, list[0])
			}
			list = list[1:]
		default:
			if v := ring.PopBack(); v != list[len(list)-1] {
				t.Fatalf("took %d from the end, expected %d", v, list[len(list)-1])
			}
			list = list[:len(list)-1]
		}
		if ring.Len() != len(list) {
			t.Fatalf("%d elements, expected %d", ring.Len(), len(list))
		}
		if len(list) > 200 {
			ring, list = Ring[int]{}, nil
		}
	}
}

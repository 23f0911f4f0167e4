package account

import (
	"fmt"
	"reflect"
	"sync"
	"testing"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/model"
)

func TestOpsStandInOrderOfFirstUse(t *testing.T) {
	var l Ledger
	l.Op("payment", model.Await, 5)
	l.Op("db", model.Call, 1)
	l.Op("payment", model.Await, 7)
	l.Op("payment", model.Call, 2) // the same name under another verb is another row
	want := []engine.OpStats{
		{Op: "payment", Verb: "await", Count: 2, Nanos: 12},
		{Op: "db", Verb: "call", Count: 1, Nanos: 1},
		{Op: "payment", Verb: "call", Count: 1, Nanos: 2},
	}
	if got := l.Snapshot().Ops; !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestOpsLoseNothingWhenManyBeginAtOnce(t *testing.T) {
	var l Ledger
	var wg sync.WaitGroup
	const goroutines, names, rounds = 8, 50, 20
	for range goroutines {
		wg.Go(func() {
			for i := range names * rounds {
				l.Op(fmt.Sprint("op", i%names), model.Call, 1)
			}
		})
	}
	wg.Wait()
	ops := l.Snapshot().Ops
	if len(ops) != names {
		t.Fatalf("%d rows for %d names", len(ops), names)
	}
	for _, o := range ops {
		if o.Count != goroutines*rounds || o.Nanos != goroutines*rounds {
			t.Errorf("%+v, want %d", o, goroutines*rounds)
		}
	}
}

// An op that carries an identifier does not grow the table for ever.
func TestOpsAreBounded(t *testing.T) {
	var l Ledger
	for i := range 3 * maxOps {
		l.Op(fmt.Sprint("user/", i), model.Call, 1)
	}
	ops := l.Snapshot().Ops
	if last := ops[len(ops)-1]; len(ops) != maxOps+1 || last.Op != OtherOps || last.Count != 2*maxOps {
		t.Errorf("%d rows, the last %+v", len(ops), last)
	}
}

func BenchmarkOp(b *testing.B) {
	var l Ledger
	b.ReportAllocs()
	for b.Loop() {
		l.Op("payment", model.Await, 1)
	}
}

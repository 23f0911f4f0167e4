package account

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/plimsoll-dev/plimsoll/model"
)

// totals are sums by step name and verb. The zero value is ready. All methods
// may be called concurrently.
type totals struct {
	// table is replaced, never changed, so that it is read without a lock.
	table atomic.Pointer[table]
	mu    sync.Mutex // guards the replacing of table
}

type table struct {
	rows  []*total // in the order of first use
	index map[totalKey]*total
}

type totalKey struct {
	op   string
	verb model.Verb
}

type total struct {
	totalKey
	count      atomic.Uint64
	nanos, max atomic.Int64
}

const (
	// maxOps bounds the table: an op that carries an identifier would grow it
	// for ever. What comes after is added up under OtherOps.
	maxOps = 1000
	// OtherOps is the op that stands for those past the first thousand.
	OtherOps = "(other)"
)

// add reports whether it is the first of its name.
func (t *totals) add(op string, verb model.Verb, nanos int64) (first bool) {
	key := totalKey{op, verb}
	var row *total
	if t := t.table.Load(); t != nil {
		row = t.index[key]
	}
	if row == nil {
		row = t.insert(key)
	}
	first = row.count.Add(1) == 1
	row.nanos.Add(nanos)
	for {
		if most := row.max.Load(); nanos <= most || row.max.CompareAndSwap(most, nanos) {
			return first
		}
	}
}

func (t *totals) insert(key totalKey) *total {
	t.mu.Lock()
	defer t.mu.Unlock()
	old := t.table.Load()
	if old == nil {
		old = &table{}
	}
	if row := old.index[key]; row != nil {
		return row
	}
	if len(old.rows) >= maxOps {
		key.op = OtherOps
		if row := old.index[key]; row != nil {
			return row
		}
	}
	row := &total{totalKey: key}
	next := &table{rows: append(slices.Clone(old.rows), row), index: map[totalKey]*total{}}
	for _, r := range next.rows {
		next.index[r.totalKey] = r
	}
	t.table.Store(next)
	return row
}

func (t *totals) all() []*total {
	if t := t.table.Load(); t != nil {
		return t.rows
	}
	return nil
}

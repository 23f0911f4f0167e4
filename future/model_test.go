package future

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"
)

// A tree is an expression over promises, each used once. The tests build it
// from futures, and evaluate it by what the words mean.
type tree struct {
	op   string
	kids []tree
	leaf int
	err  error // what a function returns instead of a value
}

func genTree(leaves *int) *rapid.Generator[tree] {
	var gen func(depth int) *rapid.Generator[tree]
	gen = func(depth int) *rapid.Generator[tree] {
		return rapid.Custom(func(t *rapid.T) tree {
			ops := []string{"leaf", "map", "recover", "finally", "on", "then", "all", "any"}
			if depth == 0 {
				ops = ops[:1]
			}
			n := tree{op: rapid.SampledFrom(ops).Draw(t, "op")}
			kids := 1
			switch n.op {
			case "leaf":
				n.leaf = *leaves
				*leaves++
				return n
			case "then":
				kids = 2
			case "all", "any":
				kids = rapid.IntRange(0, 4).Draw(t, "kids")
			}
			if rapid.IntRange(0, 4).Draw(t, "fails") == 0 {
				n.err = errors.New(n.op + " fails")
			}
			for range kids {
				n.kids = append(n.kids, gen(depth-1).Draw(t, "kid"))
			}
			return n
		})
	}
	return gen(4)
}

func fold(vs []int) (int, error) {
	h := 17
	for _, v := range vs {
		h = h*31 + v
	}
	return h, nil
}

// build makes the futures of n. ran counts the calls of each function.
func (n *tree) build(leaves []*Promise[int], x Executor, ran *sync.Map) *Future[int] {
	once := func() {
		count, _ := ran.LoadOrStore(n, new(atomic.Int64))
		count.(*atomic.Int64).Add(1)
	}
	kid := func(i int) *Future[int] { return n.kids[i].build(leaves, x, ran) }
	all := func() (fs []*Future[int]) {
		for i := range n.kids {
			fs = append(fs, kid(i))
		}
		return fs
	}
	switch n.op {
	case "leaf":
		return leaves[n.leaf].Future()
	case "map":
		return Map(kid(0), func(v int) (int, error) { once(); return v + 1, n.err })
	case "recover":
		return kid(0).Recover(func(err error) (int, error) { once(); return len(err.Error()), n.err })
	case "finally":
		return kid(0).Finally(func(int, error) { once() })
	case "on":
		return kid(0).On(x)
	case "then":
		return Then(kid(0), func(int) *Future[int] { once(); return kid(1) })
	case "all":
		return Map(All(all()...), fold)
	case "any":
		return Any(all()...)
	}
	panic(n.op)
}

// An outcome is a result and the time at which it is there.
type outcome struct {
	at  int
	v   int
	err error
}

const never = math.MaxInt

// eval says what n comes to if it is built at the given time and the promises
// have these outcomes.
func (n *tree) eval(leaves []outcome, built int) outcome {
	var o outcome
	kid := func(i int) outcome { return n.kids[i].eval(leaves, built) }
	switch n.op {
	case "leaf":
		o = leaves[n.leaf]
		o.at = max(o.at, built)
	case "map":
		if o = kid(0); o.err == nil {
			o.v, o.err = o.v+1, n.err
		}
	case "recover":
		if o = kid(0); o.err != nil {
			o.v, o.err = len(o.err.Error()), n.err
		}
	case "finally", "on":
		o = kid(0)
	case "then":
		if o = kid(0); o.err == nil {
			o = n.kids[1].eval(leaves, o.at)
		}
	case "all", "any":
		o = n.evalSeveral(kid, built)
	}
	if o.err != nil {
		o.v = 0
	}
	return o
}

// uses notes for every promise that n comes to use until when somebody wants
// it, if n is built at one time and wanted until the other.
func (n *tree) uses(leaves []outcome, built, end int, until map[int]int) {
	if n.op == "leaf" {
		until[n.leaf] = end
		return
	}
	end = min(end, n.eval(leaves, built).at)
	for i := range n.kids {
		if n.op == "then" && i == 1 {
			first := n.kids[0].eval(leaves, built)
			if first.err != nil || first.at > end {
				continue
			}
			built = first.at
		}
		n.kids[i].uses(leaves, built, end, until)
	}
}

// evalSeveral decides by the first failure of All, the first success of Any.
func (n *tree) evalSeveral(kid func(int) outcome, built int) outcome {
	all := n.op == "all"
	last := outcome{at: built}
	first := outcome{at: never}
	var values []int
	var errs []error
	for i := range n.kids {
		o := kid(i)
		values, errs = append(values, o.v), append(errs, o.err)
		if o.at > last.at {
			last.at = o.at
		}
		if decides := (o.err != nil) == all; decides && o.at < first.at {
			first = o
		}
	}
	switch {
	case first.at != never:
		return first
	case all:
		last.v, _ = fold(values)
	case len(n.kids) == 0:
		last.err = ErrNone
	default:
		last.err = errors.Join(errs...)
	}
	return last
}

// Promises complete one after the other, and at some time the root is
// cancelled: what the root comes to, and which promises are cancelled because
// nobody wants them any more, is what the words say.
func TestTreesComeToWhatTheWordsSay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := 0
		root := genTree(&n).Draw(t, "tree")
		order := rapid.Permutation(intsTo(n)).Draw(t, "order")
		cancelAt := rapid.IntRange(0, 2*n).Draw(t, "cancel at") // n and more: never
		outcomes := make([]outcome, n)
		promises := make([]*Promise[int], n)
		canceled := make([]int, n)
		for at, i := range order {
			outcomes[i] = outcome{at: at, v: 1000 + i}
			if rapid.Bool().Draw(t, "fails") {
				outcomes[i] = outcome{at: at, err: fmt.Errorf("promise %d", i)}
			}
			promises[i] = NewPromise[int](nil)
			promises[i].OnCancel(func() { canceled[i]++ })
		}
		until := map[int]int{}
		root.uses(outcomes, -1, cancelAt-1, until) // what is there at cancelAt comes later
		want := root.eval(outcomes, -1)
		if want.at >= cancelAt {
			want = outcome{err: ErrCanceled}
		}

		var ran sync.Map
		f := root.build(promises, ExecutorFunc(func(f func()) error { f(); return nil }), &ran)
		for at, i := range order {
			if at == cancelAt {
				f.Cancel()
			}
			end, used := until[i]
			let := used && end < at
			if done := promises[i].Complete(outcomes[i].v, outcomes[i].err); done == let {
				t.Fatalf("promise %d, used until %d, completed at %d: %v", i, end, at, done)
			}
			if (canceled[i] == 1) != let {
				t.Fatalf("promise %d, used until %d, at %d was cancelled %d times", i, end, at, canceled[i])
			}
		}
		v, err := f.TryGet()
		if v != want.v || fmt.Sprint(err) != fmt.Sprint(want.err) {
			t.Fatalf("got %d %v, want %+v", v, err, want)
		}
		ran.Range(func(_, count any) bool {
			if c := count.(*atomic.Int64).Load(); c != 1 {
				t.Fatalf("a function ran %d times", c)
			}
			return true
		})
	})
}

func intsTo(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}

// The same trees with every promise completed on a goroutine of its own, and
// functions on a pool: without failures there is one right value; with them
// everything still completes, once.
func TestTreesOnManyGoroutines(t *testing.T) {
	pool := newPool(t, 4)
	rapid.Check(t, func(t *rapid.T) {
		n := 0
		root := genTree(&n).Draw(t, "tree")
		fail := rapid.Bool().Draw(t, "fail")
		outcomes := make([]outcome, n)
		promises := make([]*Promise[int], n)
		canceled := make([]chan bool, n)
		for i := range promises {
			outcomes[i] = outcome{at: i, v: 1000 + i}
			promises[i] = NewPromise[int]([]Executor{nil, pool}[rand.IntN(2)])
			canceled[i] = make(chan bool)
			promises[i].OnCancel(func() { close(canceled[i]) })
		}
		var ran sync.Map
		f := root.build(promises, pool, &ran)
		var all sync.WaitGroup
		for i := range promises {
			all.Go(func() {
				var err error
				if fail && i%2 == 1 {
					err = errors.New("odd")
				}
				if !promises[i].Complete(outcomes[i].v, err) {
					<-canceled[i] // the only other way
				}
			})
		}
		v, err := f.Get(context.Background())
		all.Wait()
		want := root.eval(outcomes, -1)
		if want.err == nil && !fail && !root.races() && (err != nil || v != want.v) {
			t.Fatalf("got %d %v, want %+v", v, err, want)
		}
		ran.Range(func(_, count any) bool {
			if c := count.(*atomic.Int64).Load(); c > 1 { // of one that was let go the count may be about to be 1
				t.Fatalf("a function ran %d times", c)
			}
			return true
		})
	})
}

// races reports whether the result depends on the order of completion.
func (n *tree) races() bool {
	if n.err != nil || n.op == "any" && len(n.kids) != 1 {
		return true
	}
	for i := range n.kids {
		if n.kids[i].races() {
			return true
		}
	}
	return false
}

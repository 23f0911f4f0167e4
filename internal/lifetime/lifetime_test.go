package lifetime

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// client is a Watcher.
type client struct {
	gone    bool
	watched int
}

func (c *client) Watch(*Context) bool { c.watched++; return c.gone }

type key struct{}

func TestNobodyIsWatchedUntilSomebodyAsks(t *testing.T) {
	w := &client{}
	c := New(context.WithValue(context.Background(), key{}, "v"), w)
	if c.Value(key{}) != "v" || w.watched != 0 {
		t.Errorf("value %v, watched %d times", c.Value(key{}), w.watched)
	}
	if c.Err() != nil || w.watched != 1 {
		t.Errorf("%v, watched %d times", c.Err(), w.watched)
	}
	select {
	case <-c.Done():
		t.Error("it has ended")
	default:
	}
	if c.Value(key{}) != "v" || w.watched != 1 {
		t.Errorf("value %v, watched %d times", c.Value(key{}), w.watched)
	}
	c.End()
	<-c.Done()
	if c.Err() != context.Canceled {
		t.Error(c.Err())
	}
}

func TestAClientThatLeftBeforeEndsItAtOnce(t *testing.T) {
	c := New(context.Background(), &client{gone: true})
	if c.Err() != context.Canceled {
		t.Error(c.Err())
	}
}

func TestAContextThatIsKeptHasEnded(t *testing.T) {
	w := &client{}
	c := New(context.Background(), w)
	c.End()
	if c.Err() != context.Canceled || w.watched != 0 {
		t.Errorf("%v, watched %d times", c.Err(), w.watched)
	}
}

// One that derives from it ends with it, and takes no goroutine to know.
func TestDerivedContextsEndWithIt(t *testing.T) {
	c := New(context.Background(), &client{})
	before := runtime.NumGoroutine()
	derived, cancel := context.WithTimeout(c, time.Hour)
	defer cancel()
	called := make(chan struct{})
	stop := context.AfterFunc(c, func() { close(called) })
	defer stop()
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines more", n-before)
	}
	c.End()
	<-derived.Done()
	<-called
	if derived.Err() != context.Canceled {
		t.Error(derived.Err())
	}
}

func TestEndMeetsTheFirstUse(t *testing.T) {
	for range 1000 {
		c := New(context.Background(), &client{})
		var both sync.WaitGroup
		both.Go(c.End)
		both.Go(func() { <-c.Done() })
		both.Wait()
	}
}

func TestItIsOneAllocation(t *testing.T) {
	base, w := context.Background(), &client{}
	var kept *Context
	if n := testing.AllocsPerRun(100, func() { kept = New(base, w); kept.End() }); n != 1 {
		t.Errorf("%v allocations", n)
	}
	_ = kept
}

package future

import (
	"sync"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newPool returns an executor of n goroutines and an unbounded queue.
func newPool(t testing.TB, n int) Executor {
	var mu sync.Mutex
	more := sync.NewCond(&mu)
	var queue []func()
	closed := false
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			mu.Lock()
			defer mu.Unlock()
			for {
				for len(queue) == 0 && !closed {
					more.Wait()
				}
				if len(queue) == 0 {
					return
				}
				f := queue[0]
				queue = queue[1:]
				mu.Unlock()
				f()
				mu.Lock()
			}
		})
	}
	t.Cleanup(func() {
		mu.Lock()
		closed = true
		more.Broadcast()
		mu.Unlock()
		all.Wait()
	})
	return ExecutorFunc(func(f func()) error {
		mu.Lock()
		queue = append(queue, f)
		more.Signal()
		mu.Unlock()
		return nil
	})
}

// A hand is an executor that is worked by hand.
type hand struct{ queue []func() }

func (h *hand) Execute(f func()) error {
	h.queue = append(h.queue, f)
	return nil
}

func (h *hand) work() {
	for len(h.queue) > 0 {
		f := h.queue[0]
		h.queue = h.queue[1:]
		f()
	}
}

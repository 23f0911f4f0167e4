package carrier

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// One mount after another, from one queue that all carriers share: 64 threads
// yield as often as they can. The peer is Go's own scheduler, whose processors
// have a queue each and steal from one another.
func BenchmarkMount(b *testing.B) {
	const threads = 64
	for _, carriers := range []int{1, 2, 8} {
		b.Run(fmt.Sprintf("carriers=%d", carriers), func(b *testing.B) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(carriers))
			f := launch(Config{Carriers: carriers})
			var left atomic.Int64
			left.Store(int64(b.N))
			var done sync.WaitGroup
			b.ResetTimer()
			for range threads {
				done.Add(1)
				f.spawn(func(s *strand) {
					defer done.Done()
					for left.Add(-1) > 0 {
						s.c.Yield()
					}
				})
			}
			done.Wait()
			b.StopTimer()
			for f.left.Load() > 0 {
				runtime.Gosched()
			}
			f.Stop()
			for _, c := range f.coroutines {
				c.Stop()
			}
		})
		b.Run(fmt.Sprintf("goroutines, GOMAXPROCS=%d", carriers), func(b *testing.B) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(carriers))
			var left atomic.Int64
			left.Store(int64(b.N))
			var done sync.WaitGroup
			b.ResetTimer()
			for range threads {
				done.Go(func() {
					for left.Add(-1) > 0 {
						runtime.Gosched()
					}
				})
			}
			done.Wait()
		})
	}
}

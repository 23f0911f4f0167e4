package osthread

import (
	"runtime"
	"testing"
)

// BenchmarkHandOver has two threads wake each other: there and back, with both
// asleep in between. Beside it: the benchmarks of package coro.
func BenchmarkHandOver(b *testing.B) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4)) // one for each, so that the kernel schedules them
	var there, back Parker
	done := make(chan struct{})
	stop := false
	go func() {
		runtime.LockOSThread() // and ends with the goroutine
		defer close(done)
		for {
			there.Park()
			last := stop
			back.Unpark()
			if last {
				return
			}
		}
	}()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for b.Loop() {
		there.Unpark()
		back.Park()
	}
	stop = true
	there.Unpark()
	<-done
}

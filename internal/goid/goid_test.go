package goid

import (
	"iter"
	"runtime"
	"sync"
	"testing"
)

func TestIdentityIsStableAcrossThreads(t *testing.T) {
	me := Current()
	if me == 0 {
		t.Fatal("identity is 0, which stands for nobody")
	}
	for range 1000 {
		runtime.Gosched() // may come back on another OS thread
		if got := Current(); got != me {
			t.Fatalf("identity changed from %#x to %#x", me, got)
		}
	}
}

func TestLivingGoroutinesDiffer(t *testing.T) {
	const n = 100
	var all, done sync.WaitGroup
	all.Add(n)
	done.Add(n)
	var mu sync.Mutex
	seen := map[Owner]bool{Current(): true}
	for range n {
		go func() {
			mu.Lock()
			seen[Current()] = true
			mu.Unlock()
			all.Done()
			all.Wait() // all alive at once, so that none is reused
			done.Done()
		}()
	}
	done.Wait()
	if len(seen) != n+1 {
		t.Fatalf("%d goroutines showed %d identities", n+1, len(seen))
	}
}

func TestCoroutineIsNotItsResumer(t *testing.T) {
	next, stop := iter.Pull(func(yield func(Owner) bool) { yield(Current()) })
	defer stop()
	inside, _ := next()
	if inside == Current() {
		t.Fatal("a coroutine shows the identity of whoever resumes it")
	}
}

func BenchmarkCurrent(b *testing.B) {
	for b.Loop() {
		Current()
	}
}

package future

import (
	"testing"
	"time"
)

// BenchmarkMap completes a promise of which one value derives. Its peer is what
// Go has for it, a channel of one and the goroutine that waits at it.
func BenchmarkMap(b *testing.B) {
	inc := func(v int) (int, error) { return v + 1, nil }
	b.Run("future", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			p := NewPromise[int](nil)
			f := Map(p.Future(), inc)
			p.Complete(1, nil)
			if v, _ := f.TryGet(); v != 2 {
				b.Fatal(v)
			}
		}
		own := b.Elapsed().Seconds() / float64(b.N)
		const rounds = 20_000
		start := time.Now()
		for range rounds {
			chanMap(1)
		}
		b.ReportMetric(own/(time.Since(start).Seconds()/rounds), "×channel")
	})
	b.Run("channel", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			chanMap(1)
		}
	})
}

func chanMap(v int) int {
	in, out := make(chan int, 1), make(chan int, 1)
	go func() { out <- <-in + 1 }()
	in <- v
	return <-out
}

// BenchmarkChain completes chains of a thousand.
func BenchmarkChain(b *testing.B) {
	inc := func(v int) (int, error) { return v + 1, nil }
	b.ReportAllocs()
	for b.Loop() {
		p := NewPromise[int](nil)
		f := p.Future()
		for range 1000 {
			f = Map(f, inc)
		}
		p.Complete(0, nil)
	}
}

// BenchmarkAll collects ten.
func BenchmarkAll(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		var ps [10]*Promise[int]
		var fs [10]*Future[int]
		for i := range ps {
			ps[i] = NewPromise[int](nil)
			fs[i] = ps[i].Future()
		}
		f := All(fs[:]...)
		for i := range ps {
			ps[i].Complete(i, nil)
		}
		if _, err := f.TryGet(); err != nil {
			b.Fatal(err)
		}
	}
}

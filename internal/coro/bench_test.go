package coro

import "testing"

// The peer is two goroutines that hand over by channels: what a coroutine
// would be without one.
func BenchmarkResumePark(b *testing.B) {
	var peer float64
	b.Run("goroutine", func(b *testing.B) {
		b.ReportAllocs()
		there, back := make(chan bool), make(chan struct{})
		go func() {
			for <-there {
				back <- struct{}{}
			}
			close(back)
		}()
		for b.Loop() {
			there <- true
			<-back
		}
		peer = perOp(b)
		there <- false
		<-back
	})
	c := New()
	defer c.Stop()
	b.Run("coroutine", func(b *testing.B) {
		b.ReportAllocs()
		stop := false
		c.Start(func() {
			for !stop {
				c.Park()
			}
		})
		c.Resume()
		for b.Loop() {
			c.Unpark()
			c.Resume()
		}
		b.ReportMetric(perOp(b)/peer, "of-goroutine")
		stop = true
		c.Unpark()
		c.Resume()
	})
}

func BenchmarkStart(b *testing.B) {
	var peer float64
	b.Run("goroutine", func(b *testing.B) {
		b.ReportAllocs()
		done := make(chan struct{})
		for b.Loop() {
			go func() { done <- struct{}{} }()
			<-done
		}
		peer = perOp(b)
	})
	b.Run("reused", func(b *testing.B) {
		b.ReportAllocs()
		c := New()
		defer c.Stop()
		body := func() {}
		for b.Loop() {
			c.Start(body)
			c.Resume()
		}
		b.ReportMetric(perOp(b)/peer, "of-goroutine")
	})
	b.Run("new", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c := New()
			c.Start(func() {})
			c.Resume()
			c.Stop()
		}
		b.ReportMetric(perOp(b)/peer, "of-goroutine")
	})
}

// perOp returns the nanoseconds of each round so far.
func perOp(b *testing.B) float64 { return float64(b.Elapsed()) / float64(b.N) }

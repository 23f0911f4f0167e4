package host

import (
	"os"
	"testing"
)

// What a look at a pool of 500 waiting threads costs who looks.
func BenchmarkLookAt500Threads(b *testing.B) {
	quit := make(chan struct{})
	started := make(chan struct{})
	for range 500 {
		onAThreadThatEnds(func() {
			started <- struct{}{}
			<-quit
		})
		<-started
	}
	defer close(quit)
	pid := os.Getpid()
	b.Run("Sample", func(b *testing.B) {
		for b.Loop() {
			if _, err := Sample(pid); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("SelfUsage", func(b *testing.B) {
		for b.Loop() {
			if _, err := SelfUsage(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("ThreadsInRead", func(b *testing.B) {
		for b.Loop() {
			if _, err := ThreadsInRead(pid); err != nil {
				b.Fatal(err)
			}
		}
	})
}

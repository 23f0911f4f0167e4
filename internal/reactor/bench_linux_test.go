package reactor

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// BenchmarkTimer waits for one timer at a time and reports how late it is.
// (The goal is 100 µs at the median; a shared machine shows its noise at p99.)
func BenchmarkTimer(b *testing.B) {
	for _, nice := range []int{0, 5} {
		for _, d := range []time.Duration{time.Millisecond, 100 * time.Millisecond} {
			for name, has := range kinds {
				b.Run(name+"/"+d.String()+map[int]string{0: "", 5: "/niced"}[nice], func(b *testing.B) {
					benchmarkTimer(b, has, d, nice)
				})
			}
		}
	}
}

func benchmarkTimer(b *testing.B, has func(int) bool, d time.Duration, nice int) {
	// Never unlocked: the thread, with its nice, ends with the goroutine.
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if nice != 0 {
			if err := unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), nice); err != nil {
				b.Error(err)
				return
			}
		}
		r, err := open(has)
		if err != nil {
			b.Error(err)
			return
		}
		defer r.Close()
		var late []int64
		var due int64
		var tm Timer
		tm.Init(func() { late = append(late, Clock()-due) })
		for b.Loop() {
			due = Clock() + int64(d)
			r.Start(&tm, due)
			for tm.Started() {
				if err := r.Poll(-1); err != nil {
					b.Error(err)
					return
				}
			}
		}
		slices.Sort(late)
		b.ReportMetric(float64(late[len(late)/2])/1e3, "µs-late-p50")
		b.ReportMetric(float64(late[len(late)*99/100])/1e3, "µs-late-p99")
	}()
	<-done
}

// BenchmarkStart starts timers again among 9,000 that wait.
func BenchmarkStart(b *testing.B) {
	r, err := New()
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	timers := make([]Timer, 9000)
	at := Clock()
	for i := range timers {
		timers[i].Init(func() {})
		r.Start(&timers[i], at+int64(i)*1000)
	}
	i := 0
	for b.Loop() {
		r.Start(&timers[i%9000], at+int64(9000+i)*1000)
		i++
	}
}

// BenchmarkEvent passes one byte through a socket pair and the reactor.
func BenchmarkEvent(b *testing.B) {
	r, err := New()
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer unix.Close(fds[0])
	defer unix.Close(fds[1])
	var p [16]byte
	if err := r.Add(fds[0], Readable, handlerFunc(func(Events) { _, _ = Read(fds[0], p[:]) })); err != nil {
		b.Fatal(err)
	}
	x := []byte("x")
	b.ReportAllocs()
	for b.Loop() {
		_, _ = Write(fds[1], x)
		if err := r.Poll(0); err != nil {
			b.Fatal(err)
		}
	}
}

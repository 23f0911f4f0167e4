package host

import (
	"fmt"
	"runtime"
	"sync"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
	"golang.org/x/sys/unix"
)

// latenessTick is how often the probe sleeps. It costs about 10 µs of CPU each
// time, 1 % of one CPU.
const latenessTick = time.Millisecond

// A Lateness measures how late this process's timers are, continually. Its
// methods may be called concurrently.
type Lateness struct {
	stop chan struct{}
	done chan error

	mu   sync.Mutex // guards hist; held for a record or a read of it
	hist *hdr.Histogram
}

// StartLateness starts a goroutine, locked to its thread, that sleeps until
// each millisecond of a fixed grid. The grid does not wait for it: through a
// stall of 50 ms it counts 50 ticks, each as late as it was, so that the
// quantiles are those of moments in time and not of lucky sleeps. What it
// measures includes Go's scheduler, as it does for every timer of the process.
func StartLateness() *Lateness {
	l := &Lateness{stop: make(chan struct{}), done: make(chan error, 1), hist: newLateness()}
	var start unix.Timespec // here, since the goroutine may already start late
	err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &start)
	go l.run(start, err)
	return l
}

// newLateness holds microseconds up to a minute, to 3 digits.
func newLateness() *hdr.Histogram { return hdr.New(1, int64(time.Minute/time.Microsecond), 3) }

func (l *Lateness) run(next unix.Timespec, err error) {
	// The thread's timer slack is changed, so it is never unlocked: it ends with
	// this goroutine. The default slack of 50 µs would be all one sees.
	runtime.LockOSThread()
	if err == nil {
		err = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	}
	var now unix.Timespec
	for err == nil {
		select {
		case <-l.stop:
			l.done <- nil
			return
		default:
		}
		next = unix.NsecToTimespec(next.Nano() + int64(latenessTick))
		err = unix.EINTR // Go preempts by signals: sleep on
		for err == unix.EINTR {
			err = unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &next, nil)
		}
		if err == nil {
			err = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now)
		}
		if err == nil {
			l.record(time.Duration(now.Nano() - next.Nano()))
		}
	}
	l.done <- fmt.Errorf("host: measure timers: %w", err)
}

func (l *Lateness) record(late time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	// In range: the clock does not run backwards, and what is longer than a minute
	// counts as that.
	_ = l.hist.RecordValue(min(late, time.Minute).Microseconds())
}

// Take returns what was measured since the last Take, and begins anew.
func (l *Lateness) Take() Timers {
	l.mu.Lock()
	h := l.hist
	l.hist = newLateness()
	l.mu.Unlock()
	us := func(v int64) time.Duration { return time.Duration(v) * time.Microsecond }
	return Timers{h.TotalCount(), us(h.ValueAtPercentile(50)), us(h.ValueAtPercentile(99)), us(h.Max())}
}

// Stop ends the goroutine and waits for it. It returns the error that ended it
// earlier, if one did. It may be called once.
func (l *Lateness) Stop() error {
	close(l.stop)
	return <-l.done
}

package calibration

import (
	"errors"
	"fmt"
	"io/fs"
	"math/bits"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/internal/coro"
	"github.com/plimsoll-dev/plimsoll/internal/host"
)

// Bench measures what needs no engine, in about a second. It has to have its
// process to itself, which has to be on one CPU, and changes GOMAXPROCS.
func Bench() (b Bare, err error) {
	runtime.GOMAXPROCS(1)
	if b.Fiber, err = fiber(); err != nil {
		return b, err
	}
	if b.Slice, err = slice(); err != nil {
		return b, err
	}
	runtime.GOMAXPROCS(3)                                                      // each of two threads has a processor, and so has who waits for them
	b.Quantum, b.QuantumFrom = baseSlice(os.DirFS("/"), host.Describe().Cores) // of the machine, and not those that this process may use
	if b.Switch, err = switches(); err != nil {
		return b, err
	}
	b.Start, err = starts()
	return b, err
}

const (
	fibers      = 1000 // more than the first-level caches hold
	fiberRounds = 60
)

// fiber resumes one of many coroutines after the other, as a loop does.
func fiber() (Timed, error) {
	var all []*coro.Coroutine
	end := false
	for range fibers {
		c := coro.New()
		c.Start(func() {
			for !end {
				c.Yield()
			}
		})
		all = append(all, c)
	}
	var times []time.Duration
	for range fiberRounds {
		before, err := spent()
		if err != nil {
			return Timed{}, err
		}
		for _, c := range all {
			c.Resume()
		}
		after, err := spent()
		if err != nil {
			return Timed{}, err
		}
		times = append(times, (after-before)/fibers)
	}
	end = true
	for _, c := range all {
		c.Resume()
		c.Stop()
	}
	return timed(times), nil
}

// spent is the CPU time of the process so far.
func spent() (time.Duration, error) {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &ts); err != nil {
		return 0, fmt.Errorf("calibration: read CPU time: %w", err)
	}
	return time.Duration(ts.Nano()), nil
}

const (
	startBatches = 9
	startBatch   = 30 // threads
)

// starts makes threads that stay, some at a time.
func starts() (Timed, error) {
	var times []time.Duration
	var ended sync.WaitGroup
	end := make(chan struct{})
	defer func() {
		close(end)
		ended.Wait()
	}()
	for range startBatches {
		before, err := host.SelfUsage()
		if err != nil {
			return Timed{}, err
		}
		var begun sync.WaitGroup
		for range startBatch {
			begun.Add(1)
			ended.Go(func() {
				runtime.LockOSThread() // never unlocked: the thread ends with it
				begun.Done()
				<-end
			})
		}
		begun.Wait()
		after, err := host.SelfUsage()
		if err != nil {
			return Timed{}, err
		}
		times = append(times, (after.User+after.System-before.User-before.System)/startBatch)
	}
	return timed(times), nil
}

const (
	switchBatches = 30
	switchBatch   = 300 // there and back
)

// switches has two threads wake one another by a byte in a pipe: the CPU time of
// one way, with its two system calls.
func switches() (Timed, error) {
	var there, back [2]int
	for _, p := range []*[2]int{&there, &back} {
		if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
			return Timed{}, fmt.Errorf("calibration: pipe: %w", err)
		}
		defer unix.Close(p[0])
		defer unix.Close(p[1])
	}
	var other sync.WaitGroup
	other.Go(func() { relay(there[0], back[1], switchBatches*switchBatch) })
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var times []time.Duration
	for range switchBatches {
		before, err := spent()
		if err != nil {
			return Timed{}, err
		}
		if err := exchange(there[1], back[0], switchBatch); err != nil {
			return Timed{}, err
		}
		after, err := spent()
		if err != nil {
			return Timed{}, err
		}
		times = append(times, (after-before)/(2*switchBatch))
	}
	other.Wait()
	return timed(times), nil
}

// relay sends each byte on, a number of times.
func relay(from, to, times int) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var b [1]byte
	for range times {
		if n, err := unix.Read(from, b[:]); n != 1 || err != nil {
			return // the other side has closed it, or its write fails next
		}
		if _, err := unix.Write(to, b[:]); err != nil {
			return
		}
	}
}

// exchange sends a byte and waits for one, a number of times.
func exchange(to, from, times int) error {
	var b [1]byte
	for range times {
		if _, err := unix.Write(to, b[:]); err != nil {
			return fmt.Errorf("calibration: wake a thread: %w", err)
		}
		if _, err := unix.Read(from, b[:]); err != nil {
			return fmt.Errorf("calibration: wait for a thread: %w", err)
		}
	}
	return nil
}

// baseSlice is how long the kernel lets a thread run on that it has given the CPU,
// if it tells, or else by the rule that it is built with.
func baseSlice(root fs.FS, cpus int) (time.Duration, string) {
	if text, err := fs.ReadFile(root, "sys/kernel/debug/sched/base_slice_ns"); err == nil {
		if ns, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && ns > 0 {
			return time.Duration(ns), "what the kernel says in /sys/kernel/debug/sched/base_slice_ns"
		}
	}
	// sched_init_granularity, kernel/sched/fair.c: SCHED_TUNABLESCALING_LOG.
	factor := bits.Len(uint(min(max(cpus, 1), 8)))
	return time.Duration(factor) * normalSlice, fmt.Sprintf("the kernel's base slice, %s × (1 + log2 of %d CPUs) (kernel/sched/fair.c)", normalSlice, cpus)
}

const (
	// normalSlice is the kernel's normalized_sysctl_sched_base_slice.
	normalSlice = 700 * time.Microsecond

	slicesFor = 400 * time.Millisecond
	// awayFor is a break by which a goroutine that reads the clock all the time knows
	// that the other had its processor, and not another program for a moment.
	awayFor = 6 * time.Millisecond
)

// slice has two goroutines compute on one processor, and returns how long each runs
// before the other's turn.
func slice() (Timed, error) {
	var ran [2][]time.Duration
	var done sync.WaitGroup
	for i := range ran {
		done.Go(func() { ran[i] = runs(slicesFor) })
	}
	done.Wait()
	all := append(ran[0], ran[1]...)
	if len(all) < 3 {
		return Timed{}, errors.New("calibration: two goroutines on one processor did not take turns; is the machine busy?")
	}
	return timed(all), nil
}

// runs reads the clock all the time, and returns how long the caller ran between
// breaks: the first and the last run are cut off by something else.
func runs(lasting time.Duration) (ran []time.Duration) {
	begun := time.Now()
	since, last, first := begun, begun, true
	for last.Sub(begun) < lasting {
		now := time.Now()
		if now.Sub(last) > awayFor {
			if !first {
				ran = append(ran, last.Sub(since))
			}
			since, first = now, false
		}
		last = now
	}
	return ran
}

// timed sums up repetitions; there must be one.
func timed(times []time.Duration) Timed {
	slices.Sort(times)
	at := func(p float64) time.Duration { return times[int(p*float64(len(times)-1))] }
	return Timed{at(0.25), at(0.5), at(0.75), len(times)}
}

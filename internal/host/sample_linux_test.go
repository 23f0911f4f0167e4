package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestSampleSeesWhatTheProcessDid(t *testing.T) {
	before, err := Sample(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	const cpu, switches, files = 30 * time.Millisecond, 200, 10
	var open []*os.File
	for range files {
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, f)
	}
	slept, end := make(chan int), make(chan struct{})
	onAThreadThatEnds(func() {
		var was, is unix.Timespec
		_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &was)
		for range switches {
			_ = unix.Nanosleep(&unix.Timespec{Nsec: 1000}, nil)
		}
		for is = was; is.Nano() < was.Nano()+int64(cpu); {
			_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &is)
		}
		slept <- unix.Gettid()
		<-end
	})
	tid := <-slept
	after, err := Sample(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if d := after.CPU - before.CPU; d < cpu {
		t.Errorf("%v of CPU, want %v or more", d, cpu)
	}
	if after.User+after.System > after.CPU+2*clockTick || after.User+after.System == 0 {
		t.Errorf("user %v and system %v of %v", after.User, after.System, after.CPU)
	}
	if d := after.VolSwitches - before.VolSwitches; d < switches {
		t.Errorf("%d voluntary switches, want %d or more", d, switches)
	}
	if d := after.Descriptors - before.Descriptors; d < files {
		t.Errorf("%d descriptors more, want %d", d, files)
	}
	if after.Threads < 2 || after.RSS < 1<<20 {
		t.Errorf("%d threads, %d bytes", after.Threads, after.RSS)
	}
	for _, f := range open {
		f.Close()
	}

	// The thread's end takes its switches from Sample and not from SelfUsage.
	close(end)
	eventually(t, "the thread has ended", func() bool {
		_, err := os.Stat(fmt.Sprintf("/proc/self/task/%d", tid))
		return errors.Is(err, fs.ErrNotExist)
	})
	sampled, err := Sample(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	used, err := SelfUsage()
	if err != nil || used.VolSwitches < sampled.VolSwitches+switches || used.User+used.System < cpu || used.MaxRSS < 1<<20 {
		t.Errorf("after the thread ended: %+v of itself, %+v from outside; error %v", used, sampled, err)
	}
}

// onAThreadThatEnds runs f on a thread of its own, which ends when f returns.
// The main thread would not, so it is not used.
func onAThreadThatEnds(f func()) {
	go func() {
		runtime.LockOSThread()
		if unix.Gettid() == os.Getpid() {
			onAThreadThatEnds(f) // tries again, on another
			runtime.UnlockOSThread()
			return
		}
		f()
	}()
}

func TestRunDelayIsTheWaitForACPU(t *testing.T) {
	cpus, err := CPUs()
	if err != nil {
		t.Fatal(err)
	}
	before, err := SelfUsage()
	if err != nil {
		t.Fatal(err)
	}
	quit := make(chan struct{})
	ended := make(chan struct{})
	for range 2 { // two threads that both want the same CPU
		onAThreadThatEnds(func() {
			mask := unix.NewCPUSet(maxCPUs)
			mask.Set(cpus[0])
			if err := unix.SchedSetaffinityDynamic(0, mask); err != nil {
				t.Error(err)
			}
			for {
				select {
				case <-quit:
					ended <- struct{}{}
					return
				default:
				}
			}
		})
	}
	eventually(t, "5 ms of run delay, here and from outside", func() bool {
		u, err := SelfUsage()
		p, perr := Sample(os.Getpid())
		return err != nil || perr != nil || u.RunDelay > before.RunDelay+5*time.Millisecond && p.RunDelay > 5*time.Millisecond
	})
	close(quit)
	<-ended
	<-ended
}

func TestAProcessThatHasEndedIsNotThere(t *testing.T) {
	cmd := childCommand("affinity")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	if _, err := Sample(cmd.Process.Pid); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

func TestParseStat(t *testing.T) {
	var p Proc
	err := p.parseStat([]byte("12 (a) R (b c) S 1 12 12 0 -1 4194560 1 2 3 4 250 31 7 8 20 0 42 0 999 12345678 1000 18446744073709551615 1\n"))
	if want := (Proc{User: 2500 * time.Millisecond, System: 310 * time.Millisecond, Threads: 42, RSS: 1000 * int64(os.Getpagesize())}); err != nil || p != want {
		t.Errorf("%+v, want %+v; error %v", p, want, err)
	}
	for _, bad := range []string{"", "12 (x", "12 (x) S 1 2 3"} {
		if err := p.parseStat([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

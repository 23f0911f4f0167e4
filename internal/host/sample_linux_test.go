package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestCPUTimeAndSwitchesCountAlsoAfterTheirThreadEnded(t *testing.T) {
	sample := func() Proc {
		t.Helper()
		p, err := Sample(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	used := func() Usage {
		t.Helper()
		u, err := SelfUsage()
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	const cpu, switches = 30 * time.Millisecond, 200
	sampled, begun := sample(), used()
	worked, end := make(chan int), make(chan struct{})
	onAThreadThatEnds(func() {
		var was, is unix.Timespec
		_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &was)
		for range switches {
			_ = unix.Nanosleep(&unix.Timespec{Nsec: 1000}, nil)
		}
		for is = was; is.Nano() < was.Nano()+int64(cpu); {
			_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &is)
		}
		worked <- unix.Gettid()
		<-end
	})
	tid := <-worked
	check := func(when string) {
		t.Helper()
		p, u := sample(), used()
		if d := p.CPU - sampled.CPU; d < cpu {
			t.Errorf("%s: %v of CPU, want %v or more", when, d, cpu)
		}
		if both := p.User + p.System; both == 0 || both > p.CPU+2*clockTick {
			t.Errorf("%s: user %v and system %v of %v", when, p.User, p.System, p.CPU)
		}
		if p.Threads < 2 || p.RSS < 1<<20 {
			t.Errorf("%s: %d threads, %d bytes", when, p.Threads, p.RSS)
		}
		if d := u.User + u.System - begun.User - begun.System; d < cpu {
			t.Errorf("%s: %v of CPU by its own account, want %v or more", when, d, cpu)
		}
		if d := u.VolSwitches - begun.VolSwitches; d < switches {
			t.Errorf("%s: %d voluntary switches, want %d or more", when, d, switches)
		}
	}
	check("while the thread lives")
	close(end)
	eventually(t, "the thread has ended", func() bool {
		_, err := os.Stat(fmt.Sprintf("/proc/self/task/%d", tid))
		return errors.Is(err, fs.ErrNotExist)
	})
	check("after it ended")
}

// onAThreadThatEnds runs f on a thread of its own, which ends when f returns.
// The main thread would not, so it is held back until another has taken f.
func onAThreadThatEnds(f func()) {
	go func() {
		runtime.LockOSThread()
		if unix.Gettid() != os.Getpid() {
			f()
			return
		}
		taken := make(chan struct{})
		go func() {
			runtime.LockOSThread()
			close(taken)
			f()
		}()
		<-taken
		runtime.UnlockOSThread()
	}()
}

func TestAThreadThatCompetesForItsCPUIsSwitchedInvoluntarily(t *testing.T) {
	cpus, err := CPUs()
	if err != nil {
		t.Fatal(err)
	}
	before, err := SelfUsage()
	if err != nil {
		t.Fatal(err)
	}
	other := exec.Command("sh", "-c", "while :; do :; done")
	if err := StartPinned(other, cpus[:1]); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = other.Process.Kill()
		_ = other.Wait()
	}()
	own := make(chan int64) // what the thread says of itself
	onAThreadThatEnds(func() {
		mask := unix.NewCPUSet(maxCPUs)
		mask.Set(cpus[0])
		if err := unix.SchedSetaffinityDynamic(0, mask); err != nil {
			t.Error(err)
		}
		var was, is unix.Rusage
		_ = unix.Getrusage(unix.RUSAGE_THREAD, &was)
		for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline) && is.Nivcsw < was.Nivcsw+10; {
			_ = unix.Getrusage(unix.RUSAGE_THREAD, &is)
		}
		own <- int64(is.Nivcsw - was.Nivcsw)
	})
	want := <-own
	after, err := SelfUsage()
	if d := after.InvolSwitches - before.InvolSwitches; err != nil || want < 10 || d < want {
		t.Errorf("%d involuntary switches, the thread's %d, want 10 or more; error %v", d, want, err)
	}
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

package host

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/record"
)

// A description becomes a record's as it is.
var _ = record.Host(Description{})

func TestAPinnedChildHasItsCPUsOnEveryThreadAndTheParentKeepsItsOwn(t *testing.T) {
	cpus, err := CPUs()
	if err != nil || len(cpus) == 0 {
		t.Fatalf("CPUs %v, error %v", cpus, err)
	}
	var wg sync.WaitGroup
	for i := range 8 { // concurrently, each on another CPU
		wg.Go(func() {
			cpu := cpus[i%len(cpus)]
			cmd := childCommand("affinity")
			var out strings.Builder
			cmd.Stdout = &out
			if err := StartPinned(cmd, []int{cpu}); err != nil {
				t.Error(err)
				return
			}
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
			if want := fmt.Sprintf("true %d\n", cpu); out.String() != want {
				t.Errorf("five threads or more, and the CPUs of all: %q, want %q", out.String(), want)
			}
		})
	}
	wg.Wait()
	// No thread of this process was left narrowed.
	err = eachTask(os.Getpid(), func(task string) {
		b, _ := os.ReadFile(task + "/status")
		_, rest, ok := strings.Cut(string(b), "Cpus_allowed_list:\t")
		list, _, _ := strings.Cut(rest, "\n")
		if got, err := parseCPUList(list); ok && (err != nil || !reflect.DeepEqual(got, cpus)) {
			t.Errorf("%s may use %v, want %v (%v)", task, got, cpus, err)
		}
	})
	if err != nil {
		t.Error(err)
	}
}

func TestACPUThatIsNotThereIsNamed(t *testing.T) {
	cpus, _ := CPUs()
	err := StartPinned(childCommand("affinity"), []int{cpus[0], maxCPUs - 1})
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("may use only %v", cpus)) {
		t.Errorf("error %v", err)
	}
	cmd := childCommand("affinity")
	cmd.Path = "/nowhere/at/all"
	if err := StartPinned(cmd, cpus[:1]); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a program that is not there: %v", err)
	}
}

func TestThreadsInReadCountsThoseThatWaitForData(t *testing.T) {
	for _, c := range []struct{ read, recv, pipe, event, sleep int }{
		{20, 7, 3, 11, 5},
		{0, 0, 0, 30, 5}, // a pool that waits for work
	} {
		want := c.read + c.recv + c.pipe
		child := startTalk(t, "reads", fmt.Sprint(c.read), fmt.Sprint(c.recv), fmt.Sprint(c.pipe), fmt.Sprint(c.event), fmt.Sprint(c.sleep))
		child.ask()
		var n int
		eventually(t, fmt.Sprintf("%d threads in a read", want), func() bool {
			var err error
			if n, err = ThreadsInRead(child.cmd.Process.Pid); err != nil {
				t.Fatal(err)
			}
			p, err := Sample(child.cmd.Process.Pid)
			if err != nil {
				t.Fatal(err)
			}
			return p.Threads >= want+c.event && n >= want
		})
		if n > want+1 { // one may be the child's own read of its standard input
			t.Errorf("%d threads in a read, want %d", n, want)
		}
	}
	if _, err := ThreadsInRead(math.MaxInt32); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of no process: %v", err)
	}
}

func TestInRead(t *testing.T) {
	proc := fmt.Sprintf("/proc/%d", os.Getpid())
	event, err := unix.Eventfd(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(event)
	for call, want := range map[string]bool{
		"running\n":             false,
		"-1 0x7ffd 0x7f15\n":    false,
		readCalls[0] + "\n":     false, // cut short
		readCalls[0] + " 0x0 ":  true,
		readCalls[3] + " 0x0 ":  true,
		"9999 0x0 0x0\n":        false,
		readCalls[0] + " xyz\n": false,
		fmt.Sprintf("%s 0x%x 0x7f15 0x8\n", readCalls[0], event): false,
	} {
		if got := inRead([]byte(call), proc); got != want {
			t.Errorf("%q: %t", call, got)
		}
	}
}

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

// A process that was stopped for a while must show it, once for every
// millisecond of the while: a probe that sleeps on from where it woke has one
// late tick and an innocent p99.
func TestLatenessCountsAStallAsLongAsItWas(t *testing.T) {
	child := startTalk(t, "lateness")
	read := func() (elapsed, ticks, most int64) {
		if _, err := fmt.Sscan(child.ask(), &elapsed, &ticks, &most); err != nil {
			t.Fatal(err)
		}
		return
	}
	read()
	const stall = 80 * time.Millisecond
	if err := child.cmd.Process.Signal(unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the child is stopped", func() bool {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", child.cmd.Process.Pid))
		return err != nil || strings.Contains(string(b), ") T ")
	})
	for begun := time.Now(); time.Since(begun) < stall; {
		runtime.Gosched()
	}
	if err := child.cmd.Process.Signal(unix.SIGCONT); err != nil {
		t.Fatal(err)
	}
	var most int64
	eventually(t, "a tick for every millisecond, but for the last few", func() bool {
		elapsed, ticks, m := read()
		most = m
		return ticks >= elapsed-10
	})
	if most < stall.Milliseconds()-2 {
		t.Errorf("at most %d ms late, stopped for %v", most, stall)
	}
}

func TestTakeBeginsAnewAndStopEnds(t *testing.T) {
	defer goleak.VerifyNone(t)
	l := StartLateness()
	var sum int64
	eventually(t, "20 ticks", func() bool {
		got := l.Take()
		if got.P50 > got.P99 || got.P99 > got.Max {
			t.Fatalf("%+v", got)
		}
		sum += got.Ticks
		return sum >= 20
	})
	if err := l.Stop(); err != nil {
		t.Error(err)
	}
	l.Take()
	if got := l.Take(); got != (Timers{}) {
		t.Errorf("after the end: %+v", got)
	}
}

func TestDescriptorsAreRaisedForChildrenTooAndARefusalSaysHowMany(t *testing.T) {
	out, err := childCommand("descriptors").Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitN(string(out), "\n", 2)
	var hard, own, child uint64
	if _, err := fmt.Sscan(lines[0], &hard, &own, &child); err != nil || own != hard || child != hard {
		t.Errorf("hard limit %d, own %d, child's %d: %v", hard, own, child, err)
	}
	if !strings.Contains(lines[1], "1099511627776 descriptors are needed and a process may open") || !strings.Contains(lines[1], "ulimit -n 1099511627776") {
		t.Errorf("refusal: %s", lines[1])
	}
}

func TestCPUTimes(t *testing.T) {
	const first = "cpu  1 2 3 4 5 6 7 8 0 0\ncpu0 100 10 50 1000 20 3 4 30 99 0\ncpu1 0 0 0 500 0 0 0 0 0 0\nintr 5 0\n"
	const second = "cpu  1 2 3 4 5 6 7 8 0 0\ncpu0 130 20 58 1039 19 4 5 41 99 0\ncpu1 0 0 0 500 0 0 0 0 0 0\ncpu2 1 1 1 1 1 1 1 1 1 1\n"
	a, err := parseCPUTimes([]byte(first))
	if err != nil {
		t.Fatal(err)
	}
	if want := (CPUTime{Busy: 1670 * time.Millisecond, Idle: 10200 * time.Millisecond, Steal: 300 * time.Millisecond}); a[0] != want || len(a) != 2 {
		t.Errorf("%+v, want CPU 0 %+v", a, want)
	}
	b, err := parseCPUTimes([]byte(second))
	if err != nil {
		t.Fatal(err)
	}
	// CPU 0: 50 ticks busy, 38 idle, 11 stolen. CPU 1: no tick. CPU 2: new.
	want := map[int]CPUShare{0: {Busy: 50.0 / 99, Steal: 11.0 / 99}, 1: {}}
	if got := b.Since(a); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	for _, bad := range []string{"", "cpu 1 2 3", "cpu0 1 2 3 x 5 6 7 8 9\n"} {
		if _, err := parseCPUTimes([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
	live, err := ReadCPUTimes()
	cpus, _ := CPUs()
	if err != nil || live[cpus[0]].Busy == 0 {
		t.Errorf("this machine: %+v, error %v", live, err)
	}
}

func TestParseCPUList(t *testing.T) {
	for s, want := range map[string][]int{"0\n": {0}, "0-3,8,10-11\n": {0, 1, 2, 3, 8, 10, 11}, "5-5": {5}} {
		if got, err := parseCPUList(s); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v, error %v", s, got, err)
		}
	}
	for _, bad := range []string{"", "a", "3-1", "-1", "1,,2", "0-99999999"} {
		if got, err := parseCPUList(bad); err == nil {
			t.Errorf("%q: %v", bad, got)
		}
	}
}

func file(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }

func TestSiblings(t *testing.T) {
	sys := fstest.MapFS{
		"cpu0/topology/thread_siblings_list":  file("0,2\n"),
		"cpu1/topology/thread_siblings_list":  file("1,3\n"),
		"cpu2/topology/thread_siblings_list":  file("0,2\n"),
		"cpu3/topology/thread_siblings_list":  file("1,3\n"),
		"cpu10/topology/thread_siblings_list": file("10\n"),
		"cpu11/topology/thread_siblings_list": file("nonsense\n"),
		"cpufreq/topology/none":               file(""),
	}
	if got, want := siblingsIn(sys), [][]int{{0, 2}, {1, 3}, {10}}; !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := siblingsIn(fstest.MapFS{}); got != nil {
		t.Errorf("of nothing: %v", got)
	}
}

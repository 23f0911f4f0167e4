package host

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

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

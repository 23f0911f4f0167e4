package thread

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
	"github.com/plimsoll-dev/plimsoll/internal/executor"
	"github.com/plimsoll-dev/plimsoll/internal/osthread"
)

// What an idle thread costs, and apart from it what Go keeps for each of its
// processors once a thread has run on it: that stays when the threads end. In
// both, resident memory and page tables. The kernel's stack of a thread comes
// on top, 16 KiB on x86-64, which no figure of a process contains.
func BenchmarkIdleThread(b *testing.B) {
	const n = 200
	for b.Loop() {
		c := rig.StartChild(b, fmt.Sprint("idle ", n), rig.Place{CPUs: []int{0}, Procs: n + 10})
		var use idleUse
		if err := json.Unmarshal([]byte(c.Address), &use); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(use.With-use.Without)/n, "B/thread")
		b.ReportMetric(float64(use.Without-use.Before)/n, "B/processor")
	}
	b.ReportMetric(0, "ns/op")
}

// idleUse are the bytes that a process uses before it has threads, with idle
// ones, and after they have ended.
type idleUse struct{ Before, With, Without int64 }

func measureIdle(n string) error {
	threads, err := strconv.Atoi(n)
	if err != nil {
		return err
	}
	x := executor.New(executor.Config[func()]{Name: "idle", Run: func(f func()) { f() }, Core: threads, Max: threads, Queue: -1, Idle: time.Hour})
	use := idleUse{Before: rig.InUse()}
	for range threads {
		x.Submit(func() { osthread.Sleep(200 * time.Millisecond) }) // all at once, so that each has its processor
	}
	for s := x.Stats(); s.Busy > 0 || s.Threads < threads; s = x.Stats() {
		time.Sleep(time.Millisecond)
	}
	use.With = rig.InUse()
	x.Stop()
	for len(rig.Threads("idle", "comm")) > 0 {
		time.Sleep(time.Millisecond)
	}
	use.Without = rig.InUse()
	return json.NewEncoder(os.Stdout).Encode(use)
}

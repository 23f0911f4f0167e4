package future

import (
	"bufio"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
	"github.com/plimsoll-dev/plimsoll/engine/thread"
	"github.com/plimsoll-dev/plimsoll/model"
)

// What a request costs that asks an upstream of 20 ms, on one CPU, beside
// engine/thread in the same run: a call, which keeps the thread in both, and an
// await, which gives it back here. 200 clients, so that neither queues.
//
//	CGO_ENABLED=0 go test -run - -bench AgainstThread -benchtime 1x ./engine/future
func BenchmarkAgainstThread(b *testing.B) {
	if runtime.NumCPU() < 2 {
		b.Skip("needs two CPUs")
	}
	up := rig.StartChild(b, "upstream", rig.Place{CPUs: []int{1}})
	for _, verb := range []string{"call", "await"} {
		var peer float64
		for _, text := range []string{"thread:max=200", "future:max=200", "future:max=200,executor=8"} {
			b.Run(verb+"/"+text, func(b *testing.B) {
				cfg := rig.Config(b, text)
				at := rig.Place{CPUs: []int{0}, Procs: procs(cfg), Slack: thread.RuntimeSlack}
				for b.Loop() {
					cost := measure(b, rig.StartChild(b, text+" "+verb+" "+up.Address, at))
					if cfg.Engine == "thread" {
						peer = cost
					}
					b.ReportMetric(cost, "cpu-µs/req")
					b.ReportMetric(cost/peer, "×thread")
				}
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

func procs(cfg model.EngineConfig) int {
	if cfg.Engine == "thread" {
		return thread.Procs(cfg)
	}
	return Procs(cfg)
}

// measure returns the CPU time of a request, microseconds, that of warming up
// left out.
func measure(b *testing.B, e *rig.Child) float64 {
	b.Helper()
	const clients, span = 200, 2 * time.Second
	var done atomic.Int64
	runClients(b, e.Address, clients, &done, span/2)
	before, cpu := done.Load(), cpuOf(b, e)
	runClients(b, e.Address, clients, &done, span)
	cost := float64((cpuOf(b, e) - cpu).Microseconds()) / float64(done.Load()-before)
	e.Kill()
	return cost
}

// cpuOf returns the CPU time that a child has used so far.
func cpuOf(b *testing.B, e *rig.Child) time.Duration {
	b.Helper()
	// The clock of a process, as clock_getcpuclockid(3) makes it.
	var ts unix.Timespec
	if err := unix.ClockGettime(int32(^e.Cmd.Process.Pid)<<3|2, &ts); err != nil {
		b.Fatal(err)
	}
	return time.Duration(ts.Nano())
}

// runClients asks on n connections, each again when it has its answer.
func runClients(b *testing.B, address string, n int, done *atomic.Int64, span time.Duration) {
	b.Helper()
	request := []byte("GET /x?us=20000 HTTP/1.1\r\nHost: bench\r\n\r\n")
	end := time.Now().Add(span)
	var clients sync.WaitGroup
	for range n {
		clients.Go(func() {
			c, err := net.Dial("tcp", address)
			if err != nil {
				b.Error(err)
				return
			}
			defer c.Close()
			r := bufio.NewReader(c)
			for time.Now().Before(end) {
				if _, err := c.Write(request); err != nil {
					b.Error(err)
					return
				}
				for line := []byte(nil); len(line) != 2; { // up to the empty one: the answer has no body
					if line, err = r.ReadSlice('\n'); err != nil {
						b.Error(err)
						return
					}
				}
				done.Add(1)
			}
		})
	}
	clients.Wait()
}

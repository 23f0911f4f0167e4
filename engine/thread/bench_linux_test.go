package thread

import (
	"bufio"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
)

// A pool of 200 threads in front of an upstream of 20 ms can do 10,000
// requests a second and no more. Measured is how much of that one CPU gets out
// of it: engine on CPU 0, clients and upstream on CPU 1.
//
//	CGO_ENABLED=0 go test -run - -bench Pool200 ./engine/thread
func BenchmarkPool200(b *testing.B) {
	if runtime.NumCPU() < 2 {
		b.Skip("needs two CPUs")
	}
	cfg := rig.Config(b, "thread:max=200")
	up := rig.StartChild(b, "upstream", rig.Place{CPUs: []int{1}, Procs: 2})
	e := rig.StartChild(b, "engine "+cfg.String()+" "+up.Address, rig.Place{CPUs: []int{0}, Procs: Procs(cfg), Slack: RuntimeSlack})
	for b.Loop() {
		const span = 4 * time.Second
		var done atomic.Int64
		runClients(b, e.Address, 240, "/x?us=20000", &done, span/4) // all threads made, all upstream connections open
		before := done.Load()
		begin := time.Now()
		runClients(b, e.Address, 240, "/x?us=20000", &done, span)
		rate := float64(done.Load()-before) / time.Since(begin).Seconds()
		b.ReportMetric(rate, "req/s")
		b.ReportMetric(rate/100, "%-of-10000/s")
	}
	s := e.Stop(b)
	use := e.Cmd.ProcessState.SysUsage().(*syscall.Rusage)
	cpu := time.Duration(use.Utime.Nano() + use.Stime.Nano())
	b.ReportMetric(float64(cpu.Microseconds())/float64(s.Responses), "cpu-µs/req")
	b.ReportMetric(float64(use.Nvcsw)/float64(s.Responses), "switches/req")
	b.ReportMetric(0, "ns/op")
}

// runClients asks on n connections, each again when it has its answer.
func runClients(b *testing.B, address string, n int, path string, done *atomic.Int64, span time.Duration) {
	b.Helper()
	request := []byte("GET " + path + " HTTP/1.1\r\nHost: bench\r\n\r\n")
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

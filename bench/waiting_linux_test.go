package bench

import (
	"fmt"
	"net"
	"os"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
	"github.com/plimsoll-dev/plimsoll/internal/host"
)

// waiting are the engines on which a request that waits holds no thread. The
// last is the control.
var waiting = []string{"loop", "loop:style=cps", "hybrid", "vthread", "goroutine"}

// BenchmarkWaiting asks on 1,000 connections for what waits 20 ms elsewhere. The
// server has a CPU for itself; client and upstream share the other. Where those
// are what limits the rate, the CPU time per request still tells servers apart.
func BenchmarkWaiting(b *testing.B) {
	for b.Loop() {
		up := startOn(b, 1, "upstream")
		m := newMatch(b, up.Address, "-c1000")
		m.path = "/x?us=20000"
		m.play(waiting, 12)
		up.Kill()
		for _, e := range waiting {
			b.ReportMetric(m.rate[e].median(), metric(e)+"-req/s")
			b.ReportMetric(m.cost[e].median(), metric(e)+"-cpu-µs/req")
			if e != "goroutine" {
				m.rate[e].beside(m.rate["goroutine"]).report(b, metric(e)+"-to-goroutine-rate")
				m.cost[e].beside(m.cost["goroutine"]).report(b, metric(e)+"-to-goroutine-cpu")
			}
		}
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkWaitingMemory reports how much more memory the server is in because
// of each of 5,000 requests that wait, their connections to both sides included.
func BenchmarkWaitingMemory(b *testing.B) {
	const requests = 5000
	if err := host.EnsureDescriptors(requests + 100); err != nil {
		b.Skip(err)
	}
	for b.Loop() {
		bytes := map[string]float64{}
		for _, e := range waiting {
			bytes[e] = waitingMemory(b, e, requests)
			b.ReportMetric(bytes[e], metric(e)+"-bytes/req")
		}
		for _, e := range waiting[:len(waiting)-1] {
			b.ReportMetric(bytes[e]/bytes["goroutine"], metric(e)+"-to-goroutine")
		}
	}
	b.ReportMetric(0, "ns/op")
}

func waitingMemory(b *testing.B, kind string, requests int) float64 {
	b.Helper()
	up := startOn(b, 1, "upstream")
	defer up.Kill()
	c := start(b, kind+" "+up.Address)
	defer c.Kill()
	first := connect(b, c)
	defer first.Close()
	get(b, first, "/x?us=1") // it has served
	before, own := c.Sample(b).RSS, descriptors(b, up)
	for range requests {
		n := connect(b, c)
		defer n.Close()
		ask(b, n, "/x?us=60000000")
	}
	// One of the upstream's connections was kept from the first.
	for end := time.Now().Add(20 * time.Second); descriptors(b, up) < own+requests-1; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			b.Fatalf("%s: of %d requests %d wait", kind, requests, descriptors(b, up)-own)
		}
	}
	return float64(c.Sample(b).RSS-before) / float64(requests)
}

// descriptors counts those of a child: an upstream has one for each request
// that waits.
func descriptors(b *testing.B, c *rig.Child) int {
	b.Helper()
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", c.Cmd.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	return len(entries)
}

// ask asks, and does not wait for the answer.
func ask(b *testing.B, n net.Conn, path string) {
	b.Helper()
	if _, err := fmt.Fprintf(n, "GET %s HTTP/1.1\r\nHost: bench\r\n\r\n", path); err != nil {
		b.Fatal(err)
	}
}

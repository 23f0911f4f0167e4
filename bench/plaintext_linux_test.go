package bench

import (
	"bytes"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/host"
)

// BenchmarkPlaintext asks every server the same small question on 64
// connections, as fast as it answers, and compares the CPU time that an answer
// costs it. Servers take turns of a second, so that a slow minute of the
// machine hits all of them; the least of its turns is a server's figure, as
// disturbances only ever add.
func BenchmarkPlaintext(b *testing.B) {
	kinds := []string{"loop", "hybrid", "vthread", "goroutine", "net/http", "fasthttp", "gnet"}
	peers := []string{"net/http", "fasthttp", "gnet"}
	cost := map[string]float64{} // µs per request
	for b.Loop() {
		clear(cost)
		servers := map[string]*child{}
		for _, kind := range kinds {
			servers[kind] = start(b, kind)
		}
		for range 5 {
			for _, kind := range kinds {
				us := plaintextCost(b, servers[kind])
				if least, ok := cost[kind]; !ok || us < least {
					cost[kind] = us
				}
			}
		}
	}
	for _, kind := range kinds {
		b.ReportMetric(cost[kind], kind+"-cpu-µs/req")
	}
	for _, peer := range peers {
		b.ReportMetric(cost["loop"]/cost[peer], "loop-to-"+peer)
	}
	b.ReportMetric(cost["hybrid"]/cost["loop"], "hybrid-to-loop")
	b.ReportMetric(cost["vthread"]/cost["loop"], "vthread-to-loop")
	b.ReportMetric(0, "ns/op")
}

var requests = regexp.MustCompile(`\s([0-9]+) requests in`)

// plaintextCost has wrk ask for a second, and returns the server's CPU time for
// each answer in microseconds.
func plaintextCost(b *testing.B, c *child) float64 {
	b.Helper()
	wrk, err := exec.LookPath("wrk")
	if err != nil {
		b.Skip("wrk is not installed (Debian: wrk)")
	}
	before := c.sample(b)
	cmd := exec.Command(wrk, "-t1", "-c64", "-d1s", "http://"+c.address+"/")
	out, err := output(cmd)
	if err != nil {
		b.Fatal(err)
	}
	m := requests.FindSubmatch(out)
	if m == nil {
		b.Fatalf("wrk printed %s", out)
	}
	n, err := strconv.Atoi(string(m[1]))
	if err != nil || n == 0 {
		b.Fatalf("wrk printed %s", out)
	}
	return float64((c.sample(b).CPU-before.CPU)/time.Nanosecond) / float64(n) / 1e3
}

// output runs a client on the CPU that no server is on.
func output(cmd *exec.Cmd) ([]byte, error) {
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := host.StartPinned(cmd, []int{1}); err != nil {
		return nil, err
	}
	if err := cmd.Wait(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, out.Bytes())
	}
	return out.Bytes(), nil
}

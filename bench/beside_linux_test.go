package bench

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
)

// computation is what a request for /compute does, in units of work: some 20 ms.
const computation = 200_000

// BenchmarkBesideCompute asks small questions on 64 connections, as fast as they
// are answered, by turns alone and while four clients have the same server
// compute all the time, on one CPU. Beside stands what it answers alone, less the
// share of the CPU that the computations got. The peers are the same workers when
// they are not nice, and goroutines. Of the turns the best counts, as
// disturbances only ever take away.
func BenchmarkBesideCompute(b *testing.B) {
	for b.Loop() {
		for _, kind := range []string{"hybrid", "hybrid:nice=0", "goroutine"} {
			c := start(b, kind)
			var alone, beside, computed load
			var share float64 // of the CPU, that the computations had in the best turn
			for range 4 {
				alone = alone.better(flood(b, c, "/", 64))
				before, began := cpuOf(b, c, "plimsoll-cpu"), time.Now()
				heavy := make(chan load)
				go func() { heavy <- flood(b, c, "/compute", 4) }()
				light := flood(b, c, "/", 64)
				other := <-heavy
				if light.rate > beside.rate {
					computed = other
					share = float64(cpuOf(b, c, "plimsoll-cpu")-before) / float64(time.Since(began))
				}
				beside = beside.better(light)
			}
			c.Kill()
			name := strings.NewReplacer(":", "-", "=", "").Replace(kind)
			b.ReportMetric(alone.rate, name+"-alone/s")
			b.ReportMetric(beside.rate, name+"-light/s")
			b.ReportMetric(float64(alone.p99)/1e6, name+"-alone-p99-ms")
			b.ReportMetric(float64(beside.p99)/1e6, name+"-p99-ms")
			b.ReportMetric(computed.rate, name+"-computed/s")
			if share > 0 { // on goroutines nobody can tell it
				b.ReportMetric(100*share, name+"-computing-%")
				b.ReportMetric(beside.rate/(alone.rate*(1-share)), name+"-of-its-share")
			}
		}
	}
	b.ReportMetric(0, "ns/op")
}

// A load is what wrk saw.
type load struct {
	rate float64 // answers per second
	p99  time.Duration
}

// better returns the best of two, each figure by itself.
func (l load) better(than load) load {
	if l.p99 == 0 {
		return than
	}
	return load{max(l.rate, than.rate), min(l.p99, than.p99)}
}

var p99s = regexp.MustCompile(`99%\s+([0-9.]+[a-z]+)`)

// flood has wrk ask for a path for a second.
func flood(b *testing.B, c *rig.Child, path string, connections int) (l load) {
	b.Helper()
	wrk, err := exec.LookPath("wrk")
	if err != nil {
		b.Skip("wrk is not installed (Debian: wrk)")
	}
	out, err := output(exec.Command(wrk, "-t1", "-c"+strconv.Itoa(connections), "-d1s", "--latency", "http://"+c.Address+path))
	if err != nil {
		b.Error(err)
		return l
	}
	rate, p99 := perSecond.FindSubmatch(out), p99s.FindSubmatch(out)
	if rate == nil || p99 == nil {
		b.Errorf("wrk printed %s", out)
		return l
	}
	l.rate, _ = strconv.ParseFloat(string(rate[1]), 64)
	l.p99, _ = time.ParseDuration(string(p99[1]))
	return l
}

// cpuOf returns the CPU time that the child's threads of a name have used.
func cpuOf(b *testing.B, c *rig.Child, name string) (total time.Duration) {
	b.Helper()
	dirs, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", c.Cmd.Process.Pid))
	if err != nil || len(dirs) == 0 {
		b.Fatalf("the threads of process %d: %v", c.Cmd.Process.Pid, err)
	}
	for _, dir := range dirs {
		comm, err := os.ReadFile(filepath.Join(dir, "comm"))
		if err != nil || strings.TrimSpace(string(comm)) != name {
			continue
		}
		var ns int64 // proc(5), schedstat: the first figure is the time on a CPU
		if text, err := os.ReadFile(filepath.Join(dir, "schedstat")); err == nil {
			if _, err := fmt.Sscan(string(text), &ns); err != nil {
				b.Fatal(err)
			}
		}
		total += time.Duration(ns)
	}
	return total
}

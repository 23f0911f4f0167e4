package load

import (
	"bytes"
	"math"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/host"
	"github.com/plimsoll-dev/plimsoll/model"
)

// BenchmarkAgainstWrk compares a closed loop of 64 connections with wrk's, each
// on the same CPU in turn, against the same server on another. Where other work
// shares these CPUs, the CPU time per request is the figure to look at.
func BenchmarkAgainstWrk(b *testing.B) {
	wrk, err := exec.LookPath("wrk")
	if err != nil {
		b.Skip("wrk is not installed (Debian: wrk)")
	}
	target := plaintext(b)
	perSecond := regexp.MustCompile(`Requests/sec:\s+([0-9.]+)`)
	requests := regexp.MustCompile(`\s([0-9]+) requests in`)
	number := func(re *regexp.Regexp, text []byte) float64 {
		m := re.FindSubmatch(text)
		if m == nil {
			b.Fatalf("wrk printed %s", text)
		}
		x, err := strconv.ParseFloat(string(m[1]), 64)
		if err != nil {
			b.Fatal(err)
		}
		return x
	}
	var ours, theirs, ourCPU, theirCPU float64 // requests per second, µs per request
	for b.Loop() {
		ours, theirs, ourCPU, theirCPU = 0, 0, 0, 0
		for range 3 { // in turns, so that a slow second of the machine hits both
			r := measure(b, job{Target: target, Paths: []string{"/"}, Closed: 64, Stage: stage(time.Second, 0)})
			if r.Failed > 0 {
				b.Fatalf("%d requests failed", r.Failed)
			}
			ours += r.Rate / 3
			ourCPU += float64(r.CPU.Microseconds()) / float64(r.OK) / 3

			var out bytes.Buffer
			cmd := exec.Command(wrk, "-t1", "-c64", "-d1s", target)
			cmd.Stdout = &out
			if err := host.StartPinned(cmd, on(0).CPUs); err != nil {
				b.Fatal(err)
			}
			if err := cmd.Wait(); err != nil {
				b.Fatal(err)
			}
			theirs += number(perSecond, out.Bytes()) / 3
			theirCPU += float64(cpuOf(cmd).Microseconds()) / number(requests, out.Bytes()) / 3
		}
	}
	b.ReportMetric(ourCPU, "cpu-µs/req")
	b.ReportMetric(theirCPU, "wrk-cpu-µs/req")
	b.ReportMetric(ours, "req/s")
	b.ReportMetric(theirs, "wrk-req/s")
	b.ReportMetric(ours/theirs, "ratio-to-wrk")
	b.ReportMetric(0, "ns/op")
}

// length is shortened by -short.
func length(d time.Duration) time.Duration {
	if testing.Short() {
		return d / 5
	}
	return d
}

// BenchmarkLag says how late requests are sent at 5,000/s: the goal is a p99 of
// 1 ms where the client has a CPU to itself. Its nice value, where it may be set,
// keeps off what else runs there.
func BenchmarkLag(b *testing.B) {
	target := plaintext(b)
	var r report
	for b.Loop() {
		r = measure(b, job{Target: target, Paths: []string{"/"}, Preopen: 16, Nice: -10, Stage: stage(length(10*time.Second), 5000)})
		if r.Failed > 0 {
			b.Fatalf("%d requests failed", r.Failed)
		}
	}
	b.ReportMetric(float64(r.Lag99)/1e3, "lag-p99-µs")
	b.ReportMetric(float64(r.Delay99)/1e3, "delay-p99-µs")
	b.ReportMetric(float64(r.DelayMax)/1e3, "delay-max-µs")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkRecording compares how late requests are sent at 5,000/s with a
// record and without, in turns: the goal is that one cannot tell. Of each the
// best of three counts, since other work on the machine only ever adds.
func BenchmarkRecording(b *testing.B) {
	target := plaintext(b)
	var with, without report
	for b.Loop() {
		with, without = report{Lag99: math.MaxInt64, Delay99: math.MaxInt64}, report{Lag99: math.MaxInt64, Delay99: math.MaxInt64}
		for i := range 6 {
			j, sum := job{Target: target, Paths: []string{"/"}, Preopen: 16, Nice: -10, Stage: stage(length(5*time.Second), 5000)}, &without
			if i%2 == 1 {
				j.Record, sum = filepath.Join(b.TempDir(), "run.jsonl"), &with
			}
			r := measure(b, j)
			if r.Failed > 0 {
				b.Fatalf("%d requests failed", r.Failed)
			}
			sum.Lag99, sum.Delay99 = min(sum.Lag99, r.Lag99), min(sum.Delay99, r.Delay99)
			sum.PeakResident = max(sum.PeakResident, r.PeakResident)
			sum.CPU += r.CPU
		}
	}
	b.ReportMetric(float64(with.Lag99)/1e3, "lag-p99-µs")
	b.ReportMetric(float64(without.Lag99)/1e3, "unrecorded-lag-p99-µs")
	b.ReportMetric(float64(with.Lag99)/float64(without.Lag99), "ratio-of-lag")
	b.ReportMetric(float64(with.Delay99)/1e3, "delay-p99-µs")
	b.ReportMetric(float64(with.CPU)/float64(without.CPU), "ratio-of-cpu")
	b.ReportMetric(float64(with.PeakResident)/(1<<20), "peak-MiB")
	b.ReportMetric(float64(without.PeakResident)/(1<<20), "unrecorded-peak-MiB")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkMemory compares the peak memory of a run with that of one six times
// as long: the goal is 1.
func BenchmarkMemory(b *testing.B) {
	target := plaintext(b)
	var short, long report
	for b.Loop() {
		j := job{Target: target, Paths: []string{"/a", "/b"}, Preopen: 16, Stage: stage(length(10*time.Second), 5000)}
		short = measure(b, j)
		j.Stage.For *= 6
		long = measure(b, j)
	}
	b.ReportMetric(float64(short.PeakResident)/(1<<20), "short-MiB")
	b.ReportMetric(float64(long.PeakResident)/(1<<20), "long-MiB")
	b.ReportMetric(float64(long.PeakResident)/float64(short.PeakResident), "long/short")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkSchedule is the cost of one arrival's draw.
func BenchmarkSchedule(b *testing.B) {
	s := schedule(b, model.Arrivals{Kind: model.Poisson}, 1, []Route{{Path: "/a", Weight: 3}, {Path: "/b", Weight: 1}}, stage(24*365*time.Hour, 10_000))
	b.ReportAllocs()
	for b.Loop() {
		s.Next()
	}
}

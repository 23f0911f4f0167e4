package engines

import (
	"fmt"
	"math"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/plimsoll-dev/plimsoll/internal/host"
)

// kernelStack is what the kernel keeps for a thread on top of what a process's
// figures show: THREAD_SIZE, on x86-64 and arm64 with pages of 4 KiB.
const kernelStack = 16 << 10

// TestDocumentFiguresOfACrowd writes what a crowd takes that waits. What can be
// said of every machine is in [TestCrowdsWait].
func TestDocumentFiguresOfACrowd(t *testing.T) {
	if !*update {
		t.Skip("figures are a machine's own: -update writes this one's")
	}
	n := crowdSize()
	var b strings.Builder
	fmt.Fprintf(&b, "Measured on: %s. %s connections, of which each asks and waits.\n\n", machine(), grouped(int64(n)))
	b.WriteString("| engine | wait at once | threads | idle connection | waits: more | kernel stacks |\n|---|---:|---:|---:|---:|---:|\n")
	for _, c := range crowds(n) {
		seen := c.wait(t, n)
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s |\n", c.name(), grouped(int64(seen.atOnce)), grouped(int64(seen.threads)),
			grouped(seen.idle), grouped(seen.waiting), grouped(int64(seen.threads)*kernelStack/int64(seen.atOnce)))
	}
	rewrite(t, "figures crowd", b.String())
}

// TestDocumentFiguresOfASwitch writes what it takes to go away and come back.
func TestDocumentFiguresOfASwitch(t *testing.T) {
	if !*update {
		t.Skip("figures are a machine's own: -update writes this one's")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Measured on: %s. The least of five runs.\n\n| there and back | ns |\n|---|---:|\n", machine())
	for _, f := range []struct{ what, dir, benchmark string }{
		{"coroutine: resume, suspend", "coro", "BenchmarkResumePark/coroutine"},
		{"virtual thread: unmount, mount from the queue, one carrier", "carrier", "BenchmarkMount/carriers=1"},
		{"the same, two carriers", "carrier", "BenchmarkMount/carriers=2"},
		{"goroutine: yield, one processor", "carrier", "BenchmarkMount/goroutines,_GOMAXPROCS=1"},
		{"two goroutines over channels", "coro", "BenchmarkResumePark/goroutine"},
		{"two OS threads over futexes", "osthread", "BenchmarkHandOver"},
	} {
		fmt.Fprintf(&b, "| %s | %s |\n", f.what, grouped(int64(math.Round(least(t, f.dir, f.benchmark)))))
	}
	rewrite(t, "figures switch", b.String())
}

var nanoseconds = regexp.MustCompile(`(?m)^Benchmark.*\s([0-9.]+) ns/op`)

// least runs a benchmark of another package five times, and returns the least
// time in nanoseconds: disturbances only ever add.
func least(t *testing.T, dir, benchmark string) float64 {
	t.Helper()
	pattern := "^" + strings.ReplaceAll(benchmark, "/", "$/^") + "$"
	out, err := exec.Command("go", "test", "-run", "^$", "-bench", pattern, "-benchtime", "200ms", "-count", "5", "../"+dir).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", benchmark, err, out)
	}
	ns := math.Inf(1)
	for _, m := range nanoseconds.FindAllSubmatch(out, -1) {
		x, err := strconv.ParseFloat(string(m[1]), 64)
		if err != nil {
			t.Fatal(err)
		}
		ns = min(ns, x)
	}
	if math.IsInf(ns, 1) {
		t.Fatalf("%s: no figure in\n%s", benchmark, out)
	}
	return ns
}

// machine says where it was measured, without a name of it.
func machine() string {
	d := host.Describe()
	parts := []string{fmt.Sprintf("%d CPUs", d.Cores), d.OS + "/" + d.Arch + " " + d.Kernel, d.Go}
	if d.CPU != "" {
		parts = append([]string{d.CPU}, parts...)
	}
	return strings.Join(parts, "; ")
}

// grouped prints 12345 as 12,345.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

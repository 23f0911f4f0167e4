package bench

import (
	"bytes"
	"fmt"
	"math"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
	"github.com/plimsoll-dev/plimsoll/internal/host"
)

// A match is servers on CPU 0 that take turns at the same questions; wrk and the
// upstream are on CPU 1. Of two servers, those turns are compared that followed
// each other, so that a slow minute of the machine hits both.
type match struct {
	b       *testing.B
	behind  string // the upstream's address; "": none
	options []string
	path    string

	cost map[string]turns // CPU time for each answer, µs
	rate map[string]turns // answers per second
}

func newMatch(b *testing.B, behind string, wrk ...string) *match {
	return &match{b: b, behind: behind, options: wrk, path: "/", cost: map[string]turns{}, rate: map[string]turns{}}
}

// play has each kind take a turn of a second in every round, to and fro.
func (m *match) play(kinds []string, rounds int) {
	m.b.Helper()
	wrk, err := exec.LookPath("wrk")
	if err != nil {
		m.b.Skip("wrk is not installed (Debian: wrk)")
	}
	servers := map[string]*rig.Child{}
	for _, kind := range kinds {
		servers[kind] = start(m.b, strings.TrimSpace(kind+" "+m.behind))
	}
	order := slices.Clone(kinds)
	for range rounds {
		for _, kind := range order {
			cost, rate := m.turn(wrk, kind, servers[kind])
			m.cost[kind], m.rate[kind] = append(m.cost[kind], cost), append(m.rate[kind], rate)
		}
		slices.Reverse(order)
	}
	for kind, c := range servers {
		if math.IsNaN(m.cost[kind].median()) {
			m.b.Fatalf("%s answered nothing in %d turns of a second", kind, rounds)
		}
		c.Kill()
	}
}

var (
	requests  = regexp.MustCompile(`\s([0-9]+) requests in`)
	perSecond = regexp.MustCompile(`Requests/sec:\s+([0-9.]+)`)
	failed    = regexp.MustCompile(`Non-2xx`)
)

// turn returns no numbers where a second was too short for a machine that does
// something else.
func (m *match) turn(wrk, kind string, c *rig.Child) (cost, rate float64) {
	m.b.Helper()
	before := c.Sample(m.b)
	out, err := output(exec.Command(wrk, append(m.options, "-t1", "-d1s", "http://"+c.Address+m.path)...))
	if err != nil {
		m.b.Fatalf("%s: %v", kind, err)
	}
	if failed.Match(out) {
		m.b.Fatalf("%s: wrk printed %s", kind, out)
	}
	n := number(m.b, requests, out)
	if n == 0 {
		return math.NaN(), math.NaN()
	}
	return float64((c.Sample(m.b).CPU - before.CPU).Nanoseconds()) / n / 1e3, number(m.b, perSecond, out)
}

func number(b *testing.B, re *regexp.Regexp, text []byte) float64 {
	b.Helper()
	match := re.FindSubmatch(text)
	if match == nil {
		b.Fatalf("wrk printed %s", text)
	}
	x, err := strconv.ParseFloat(string(match[1]), 64)
	if err != nil {
		b.Fatalf("wrk printed %s", text)
	}
	return x
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

// metric is a kind as the name of a benchmark's figure may have it.
func metric(kind string) string {
	return strings.NewReplacer("loop:style=", "", ":", "-").Replace(kind)
}

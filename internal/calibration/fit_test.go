package calibration

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/host"
	"github.com/plimsoll-dev/plimsoll/internal/work"
	"github.com/plimsoll-dev/plimsoll/sim"
)

// planted are the costs of a machine that exists in a simulation only.
func planted() sim.Costs {
	return sim.Costs{
		Machine: "planted", Speed: 1, Quantum: 3 * time.Millisecond, Slice: 10 * time.Millisecond, Fiber: 150 * time.Nanosecond, Start: 50 * time.Microsecond,
		Request: 25 * time.Microsecond, Exchange: 20 * time.Microsecond, Switch: 9 * time.Microsecond, Handoff: 14 * time.Microsecond,
		Wake: 30 * time.Microsecond, Park: 70 * time.Microsecond,
	}
}

// unknown are the planted costs but for those that are to be found.
func unknown() sim.Costs {
	c := planted()
	for _, f := range fitted {
		*f.of(&c) = 0
	}
	return c
}

// truth is a round on the planted machine.
var truth = sync.OnceValues(func() (round []Observation, err error) {
	for _, cell := range Cells() {
		o := Observation{Cell: cell, Rate: cell.Rate(cell.compute() + usual)}
		if o.CPU, err = Predict(o, planted()); err != nil {
			return nil, err
		}
		round = append(round, o)
	}
	return round, nil
})

// observe is a round on the planted machine; off changes what a cell is seen to need.
func observe(t *testing.T, off func(i int) float64) []Observation {
	t.Helper()
	round, err := truth()
	if err != nil {
		t.Fatal(err)
	}
	round = slices.Clone(round)
	for i := range round {
		round[i].CPU = time.Duration(float64(round[i].CPU) * off(i))
	}
	return round
}

func exact(int) float64 { return 1 }

func TestPlantedCostsAreFoundAgain(t *testing.T) {
	costs := planted()
	got, ranges, err := Fit([][]Observation{observe(t, exact)}, unknown())
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range fitted {
		want, have := *f.of(&costs), *f.of(&got)
		if math.Abs(float64(have-want)) > 0.05*float64(want) {
			t.Errorf("%s: %s, planted %s", f.name, have, want)
		}
		if r := ranges[i]; r.Name != f.name || r.Cost != have || r.Low > have || r.High < have {
			t.Errorf("%s: range %+v", f.name, r)
		}
	}
}

// A round that was disturbed and needed half as much again is left out of the
// means; and in the ranges it shows.
func TestADisturbedRoundChangesTheRangeOnly(t *testing.T) {
	costs := planted()
	rounds := [][]Observation{observe(t, exact), observe(t, exact), observe(t, func(int) float64 { return 1.5 })}
	for i := range rounds[2] {
		rounds[2][i].Others = 0.5
	}
	got, ranges, err := Fit(rounds, unknown())
	if err != nil {
		t.Fatal(err)
	}
	if off := float64(got.Request)/float64(costs.Request) - 1; math.Abs(off) > 0.05 {
		t.Errorf("request %s, planted %s", got.Request, costs.Request)
	}
	if r := ranges[0]; r.High < 2*costs.Request {
		t.Errorf("the range of request is %s … %s, although a round had half as much again", r.Low, r.High)
	}
}

// The machine was slow in one round of three, and nobody else was there to blame:
// a third of the time it will be so at the line.
func TestAMachineThatIsSlowNowAndThenCostsWhatItDoesOnAverage(t *testing.T) {
	rounds := [][]Observation{observe(t, exact), observe(t, exact), observe(t, func(int) float64 { return 1.3 })}
	got, _, err := Fit(rounds, unknown())
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range rounds[0] {
		cpu, err := Predict(o, got)
		if err != nil {
			t.Fatal(err)
		}
		if off := float64(cpu) / (1.1 * float64(o.CPU)); math.Abs(off-1) > 0.02 {
			t.Errorf("%s on %s: %s a request is %.0f %% off the mean of the rounds", o.Route, o.Engine, cpu, 100*(off-1))
		}
	}
}

// Where loads differ in what no costs explain, a cost that is off is a small part of
// the errors, and off nevertheless.
func TestACostThatIsALittleOffIsMended(t *testing.T) {
	seen := observe(t, func(i int) float64 { return []float64{0.8, 1.2}[i/2%2] })
	best, err := fit(seen, planted(), unknown(), steps)
	if err != nil {
		t.Fatal(err)
	}
	left := func(c sim.Costs) float64 {
		now, err := predictAll(seen, c)
		if err != nil {
			t.Fatal(err)
		}
		return squares(seen, now)
	}
	off := best
	off.Request += 500 * time.Nanosecond
	if gain := 1 - left(best)/left(off); gain <= 0 || gain > 1-enough {
		t.Fatalf("what is off is %g of the errors: this is another test", gain)
	}
	got, err := fit(seen, off, unknown(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if left(got) >= left(off) {
		t.Errorf("request %s stays %s", best.Request, got.Request)
	}
}

func TestCostsAreNeverNegative(t *testing.T) {
	// A thread that costs less than a loop cannot be: the costs of having one are 0.
	rounds := [][]Observation{observe(t, func(i int) float64 { return []float64{0.7, 1}[i%2] })}
	got, _, err := Fit(rounds, unknown())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fitted {
		if *f.of(&got) < 0 {
			t.Errorf("%s: %s", f.name, *f.of(&got))
		}
	}
	if got.Handoff != 0 && got.Switch != 0 {
		t.Errorf("handoff %s, switch %s", got.Handoff, got.Switch)
	}
}

func TestWhatIsKnownOfACostIsTheLeastOfIt(t *testing.T) {
	costs, base := planted(), unknown()
	base.Switch = 2 * costs.Switch
	got, _, err := Fit([][]Observation{observe(t, exact)}, base)
	if err != nil {
		t.Fatal(err)
	}
	if got.Switch != base.Switch || got.Handoff >= costs.Handoff {
		t.Errorf("switch %s, at least %s; handoff %s, planted %s", got.Switch, base.Switch, got.Handoff, costs.Handoff)
	}
}

func TestNothingObservedIsAnError(t *testing.T) {
	if _, _, err := Fit(nil, planted()); err == nil {
		t.Error("no error")
	}
}

func TestNonNegativeLeastSquares(t *testing.T) {
	for _, c := range []struct {
		name string
		a    [][]float64
		b    []float64
		want []float64
	}{
		{"exact", [][]float64{{1, 0}, {0, 2}}, []float64{3, 4}, []float64{3, 2}},
		{"overdetermined: the mean", [][]float64{{1}, {1}, {1}}, []float64{1, 2, 6}, []float64{3}},
		{"the best is negative, so it is 0 and the other makes up", [][]float64{{1, 1}, {1, 2}}, []float64{2, 1}, []float64{1.5, 0}},
		{"both would be negative", [][]float64{{1, 0}, {0, 1}}, []float64{-1, -2}, []float64{0, 0}},
		{"nothing depends on the second", [][]float64{{2, 0}, {2, 0}}, []float64{4, 4}, []float64{2, 0}},
	} {
		got := nonNegative(c.a, c.b)
		for j := range c.want {
			if math.Abs(got[j]-c.want[j]) > 1e-9 {
				t.Errorf("%s: %v, not %v", c.name, got, c.want)
				break
			}
		}
	}
}

func measured(t *testing.T, off func(i int) float64) *Measured {
	return &Measured{
		Host: host.Description{CPU: "Planted", Cores: 4, OS: "linux", Kernel: "6.1", Go: "go1.26"}, When: time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC),
		Speed:  work.Speed{UnitsPerMicrosecond: 9.5, Spread: 0.01},
		Rounds: [][]Observation{observe(t, exact), observe(t, off), observe(t, exact)},
		Memory: Memory{
			Little:      Resident{Bytes: 15_000_000, Threads: 7, Connections: 30},
			Connections: Resident{Bytes: 16_500_000, Threads: 7, Connections: 1500},
			Requests:    Resident{Bytes: 31_000_000, Threads: 7, Connections: 1000, InFlight: 600},
			Threads:     Resident{Bytes: 79_000_000, Threads: 600, Connections: 1000, InFlight: 600},
		},
		Bare: Bare{
			Fiber: Timed{120, 150, 180, 60}, Start: Timed{40000, 50000, 60000, 9}, Switch: Timed{2500, 3000, 3500, 30},
			Quantum: 3 * time.Millisecond, QuantumFrom: "what a test says", Slice: Timed{9_000_000, 10_000_000, 11_000_000, 20},
		},
	}
}

func TestTheFileIsReadAsItWasMeant(t *testing.T) {
	r, err := Conclude(measured(t, exact))
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := r.Write(&file); err != nil {
		t.Fatal(err)
	}
	got, err := sim.ParseCosts(file.Bytes())
	if err != nil {
		t.Fatalf("%v in\n%s", err, &file)
	}
	if got.Machine != "Planted, 4 CPUs, linux 6.1, go1.26" || got.Speed != 1 || got.Quantum != 3*time.Millisecond || got.Slice != 10*time.Millisecond ||
		got.Fiber != 150 || got.Start != 50*time.Microsecond {
		t.Errorf("%+v", got)
	}
	for _, f := range fitted {
		if a, b := *f.of(&got), *f.of(&r.Costs); math.Abs(float64(a-b)) > 0.005*float64(b) {
			t.Errorf("%s is %s in the file, and was %s", f.name, a, b)
		}
	}
	if want := (sim.Memory{Process: 15_000_000, Connection: 1000, Request: 25_000, Thread: 80_000}); got.Memory != want {
		t.Errorf("memory %+v, not %+v", got.Memory, want)
	}
	if len(r.Warnings) > 0 {
		t.Errorf("warnings without a reason: %q", r.Warnings)
	}
	row := r.Row()
	if row.Nanos["switch"] != int64(r.Costs.Switch) || row.Bytes["thread"] != 80_000 || len(row.Loads) != len(Cells()) {
		t.Errorf("%+v", row)
	}
}

func TestANoisyMachineIsWarnedOf(t *testing.T) {
	m := measured(t, func(int) float64 { return 1.3 })
	for i := range m.Rounds {
		for j := range m.Rounds[i] {
			m.Rounds[i][j].Others = 0.4
		}
	}
	r, err := Conclude(m)
	if err != nil {
		t.Fatal(err)
	}
	said := strings.Join(r.Warnings, "\n")
	for _, part := range []string{"18 of 18 loads", "30 % more CPU time"} {
		if !strings.Contains(said, part) {
			t.Errorf("no %q in %q", part, said)
		}
	}
	var file bytes.Buffer
	if err := r.Write(&file); err != nil || !strings.Contains(file.String(), "# Warning: during 18") {
		t.Errorf("%v; the file does not have it:\n%s", err, &file)
	}
}

func TestTheNextRoundAimsByWhatWasSeenLast(t *testing.T) {
	a, b, never := Cell{Loop, Plain, busy}, Cell{Loop, Asking, busy}, Cell{Threads, Plain, busy}
	latest := Latest([][]Observation{
		{{Cell: a, CPU: 180 * time.Microsecond}, {Cell: b, CPU: 200 * time.Microsecond}},
		{{Cell: a, CPU: 150 * time.Microsecond}},
	})
	if latest[a] != 150*time.Microsecond || latest[b] != 200*time.Microsecond || latest[never] != 0 {
		t.Errorf("%v", latest)
	}
	if got, want := a.Rate(latest[a]), busy/150e-6; math.Abs(got-want) > 1 {
		t.Errorf("%.0f requests/s, not %.0f", got, want)
	}
}

func TestRatesAimAtTheUseThatACellIsFor(t *testing.T) {
	c := Cell{Loop, Plain, 0.5}
	if got := c.Rate(200 * time.Microsecond); got != 2500 {
		t.Errorf("%g/s for half a CPU at 200 µs", got)
	}
	if got := c.Rate(time.Microsecond); got != most {
		t.Errorf("%g/s, more than a generator keeps up with", got)
	}
	if got := c.Rate(0); got <= 0 || got >= most {
		t.Errorf("first guess %g/s", got)
	}
}

package report

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/golden"
	"github.com/plimsoll-dev/plimsoll/model"
)

func ptr[T any](v T) *T { return &v }

func line(low, high float64) analysis.LoadLine {
	l := analysis.LoadLine{}
	if low > 0 {
		l.Low, l.Rate = ptr(low), ptr(low)
	}
	if high > 0 {
		l.High = ptr(high)
	}
	return l
}

// complete has every kind of row that a table can show.
func complete() *analysis.Verdict {
	return &analysis.Verdict{
		Workload: "black-friday", Searched: true, SLO: analysis.SLO{WithinMS: 1000, Ratio: 0.99, Errors: 0.001},
		Conclusion: "thread:max=200 stops at 1,090 requests/s because all of its 200 threads are taken while the CPU is 28 % used; goroutine carries 3.8 times as much, and there the CPU is the wall.",
		Engines: []analysis.EngineVerdict{
			{
				Name: "thread:max=200", LoadLine: line(1070, 1110),
				Wall: analysis.Wall{Kind: model.WallThreadPool, Limit: ptr(200.0), ConfirmedBy: ptr("with 400 threads the line moved from 1,090 to at least 2,110"),
					Evidence: []string{"at 1,110/s: 200 of 200 threads busy 99 % of the time, 104 requests waiting, CPU 29 %", "requests in flight grew by 58 a second"}},
				AtLine:    &analysis.AtLine{P50MS: 76.4, P99MS: 810, Threads: 264, RSSBytes: 43 << 20, Switches: 8.66, CPUMicros: 262, CPUShare: 0.281, InFlight: 231, GOMAXPROCS: 216},
				Residence: map[string]float64{"await": 0.86, "queued": 0.134, "cpu": 0.001},
				Goodput:   map[string]float64{"1.2": 1080, "1.5": 873, "2.0": 0}, RecoveryS: ptr(4.0),
			},
			{
				Name: "goroutine", LoadLine: line(4050, 0), VersusFirst: ptr(3.79), Wall: analysis.Wall{Kind: model.WallUnknown, Evidence: []string{"the trials past the line are void"}},
				VoidReasons: []string{"generator: sent requests up to 77.2 ms late (p99 of sent − intended; 20 ms would not matter), using 14 % of its CPU"},
				AtLine:      &analysis.AtLine{P50MS: 0.4, P99MS: 12.5, Threads: 8, RSSBytes: 90 << 20, Switches: 1.2, CPUMicros: 212, CPUShare: 0.82, InFlight: 750, GOMAXPROCS: 1},
				Goodput:     map[string]float64{"1.2": 4090, "1.5": 2620, "2.0": 1020},
			},
			{Name: "thread:max=201", LoadLine: line(1080, 1120), Wall: analysis.Wall{Kind: model.WallResource, Name: "pool", Limit: ptr(50.0)}},
			{Name: "thread:max=1", LoadLine: line(0, 5.4), Wall: analysis.Wall{Kind: model.WallThreadPool, Limit: ptr(1.0)}},
			{Name: "thread:max=9", Void: true, Wall: analysis.Wall{Kind: model.WallUnknown}, VoidReasons: []string{"no trial was completed"}},
		},
		Warnings: []analysis.Warning{{Code: "one-cpu", Text: "server, load and upstream share CPU 0: rates are too low and the generator is late; use two CPUs or more"}},
	}
}

func TestPredictionsStandBesideWhatWasMeasured(t *testing.T) {
	v := complete()
	predict := func(i int, low, high float64, kind model.WallKind, limit, off *float64) {
		v.Engines[i].Predicted = &analysis.Predicted{LoadLine: line(low, high), Wall: analysis.PredictedWall{Kind: kind, Limit: limit}, Error: off}
	}
	predict(0, 1090, 1130, model.WallThreadPool, ptr(200.0), ptr(0.018))
	predict(1, 4300, 4500, model.WallCPU, ptr(1.0), nil) // measured from one side
	predict(2, 950, 990, model.WallResource, ptr(50.0), ptr(-0.118))
	g := predictions(v)
	var b strings.Builder
	g.print(&b)
	want := `predicted        load line /s        measured  error  predicted wall   measured
thread:max=200  1,090 … 1,130   1,070 … 1,110   +2 %  thread-pool 200  thread-pool 200
goroutine       4,300 … 4,500  at least 4,050      ?  cpu              unknown
thread:max=201      950 … 990   1,080 … 1,120  −12 %  resource 50      resource pool 50, not confirmed
`
	if b.String() != want {
		t.Errorf("got\n%s", b.String())
	}
	if predictions(complete()) != nil {
		t.Error("a table of predictions where there are none")
	}
}

// What is simulated is on no runtime: there is no column of zeros.
func TestASimulationHasNoGOMAXPROCS(t *testing.T) {
	v := complete()
	for i := range v.Engines {
		if v.Engines[i].AtLine != nil {
			v.Engines[i].AtLine.GOMAXPROCS = 0
		}
	}
	var out bytes.Buffer
	if err := Compare(&out, v); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "GOMAXPROCS") || !strings.Contains(out.String(), "in flight\n") {
		t.Errorf("%s", &out)
	}
}

func TestTheTableReadsAsMeant(t *testing.T) {
	var out strings.Builder
	if err := Compare(&out, complete()); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "compare.golden", out.String())
}

func TestNoLineIsWiderThanATerminal(t *testing.T) {
	var out bytes.Buffer
	if err := Compare(&out, complete()); err != nil {
		t.Fatal(err)
	}
	for l := range bytes.Lines(out.Bytes()) {
		if n := utf8.RuneCount(bytes.TrimRight(l, "\n")); n > 100 {
			t.Errorf("%d characters: %s", n, l)
		}
	}
}

func TestNumbersAreRoundedToWhatIsKnown(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Millis(0.0421), "42 µs"}, {Millis(7.456), "7.5 ms"}, {Millis(812.4), "812 ms"}, {Millis(1234), "1.23 s"}, {Millis(61_000), "61 s"},
		{Millis(0.9997), "1 ms"}, {Millis(0.994), "990 µs"}, {Millis(99.7), "100 ms"}, {Millis(999.6), "1 s"}, {Millis(9999.7), "10 s"},
		{Figures(8.66, 2), "8.7"}, {Figures(0, 2), "0"}, {Figures(1234, 2), "1,200"}, {Share(0.999), "99.9 %"}, {Share(0.001), "0.1 %"},
		{Size(43 << 20), "43 MiB"}, {Size(3 << 29), "1.5 GiB"}, {Size(2048), "2 KiB"},
		{analysis.Rate(1043.7), "1,040"}, {analysis.Rate(5.432), "5.43"}, {analysis.Rate(12), "12"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

package agreement

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/accuracy"
	"github.com/plimsoll-dev/plimsoll/internal/host"
	"github.com/plimsoll-dev/plimsoll/internal/lab"
	"github.com/plimsoll-dev/plimsoll/probe"
	"github.com/plimsoll-dev/plimsoll/record"
)

var (
	update = flag.Bool("update", false, "write the section of docs/accuracy.md about our own engines anew; needs "+soakEnv)
	keep   = flag.String("keep", "", "`directory` for the records of the probes; what a run has kept there is not probed again")
)

// soakEnv asks for the whole matrix, which takes half an hour.
const soakEnv = "PLIMSOLL_SOAK"

// seedEnv draws the sizes of an earlier run again.
const seedEnv = "PLIMSOLL_SEED"

// tries is how often a cell is probed, if the machine is too busy to measure.
const tries = 3

// drawn returns the cells of this run: all, or a few that are quick.
func drawn(t *testing.T) (cells []cell, seed uint64) {
	t.Helper()
	seed = uint64(time.Now().Unix())
	if s := os.Getenv(seedEnv); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatalf("%s: %v", seedEnv, err)
		}
	}
	t.Logf("%s=%d draws these sizes", seedEnv, seed)
	r := rand.New(rand.NewPCG(seed, 0))
	if os.Getenv(soakEnv) != "" {
		d := draw{r, 50 * time.Millisecond, 500 * time.Millisecond}
		return d.cells(), seed
	}
	d := draw{r, 60 * time.Millisecond, 100 * time.Millisecond}
	all := d.cells()
	r.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
	for _, c := range all {
		if c.limit <= small && len(cells) < few {
			cells = append(cells, c)
		}
	}
	return cells, seed
}

// Of a short run, the number of cells, and how large they may be.
const few, small = 3, 40

// TestTheProbeSeesWhatIsConfigured probes engines whose walls are known.
// Nothing wrong may be said with high confidence. What is not named, is named
// with doubts, or void is tried again, since other programs use the machine; in
// the whole matrix each has to be right in the end.
func TestTheProbeSeesWhatIsConfigured(t *testing.T) {
	cells, seed := drawn(t)
	report := accuracy.Report{Seed: seed, Machine: machine(), Kinds: kinds}
	var all outcome
	for i := range cells {
		c := &cells[i]
		t.Run(c.name(), func(t *testing.T) {
			o, kept := c.kept(t)
			if !kept {
				o = c.judge(t)
				c.keep(t, &o)
			}
			all.Probes, all.Voids = all.Probes+o.Probes, all.Voids+o.Voids
			if o.First != nil {
				report.Trials = append(report.Trials, *o.First)
			}
			switch {
			case o.Worst != "":
				t.Errorf("wrong with high confidence: %s; the truth: %s", o.Worst, c.because)
			case o.First == nil:
				t.Skip("the machine is too busy: the probe was void each time")
			case !o.Right && os.Getenv(soakEnv) == "":
				t.Skipf("in %d probes the wall was not named, or not its size: this machine may be too busy", o.Probes)
			case !o.Right:
				t.Errorf("in %d probes the wall was not named, or not its size", o.Probes)
			}
		})
	}
	var text bytes.Buffer
	if err := accuracy.Write(&text, &report); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&text, "%d probes were made. %d of them were void, because the prober was held up, and were made again.\n", all.Probes, all.Voids)
	t.Logf("\n%s", &text)
	if *update {
		rewrite(t, len(cells), len(report.Trials), text.String())
	}
}

// An outcome is what came of probing a cell, as it is kept in a file.
type outcome struct {
	First         *accuracy.Trial // the first that is not void; it is in the table
	Right         bool            // kind and size, at last
	Worst         string          // a verdict that is wrong with high confidence
	Probes, Voids int
}

// judge probes a cell until it is named rightly, or often enough.
func (c *cell) judge(t *testing.T) (o outcome) {
	t.Helper()
	base := serve(t, c)
	for o.Probes < tries && !o.Right && o.Worst == "" {
		o.Probes++
		trial := c.probe(t, base, o.Probes)
		t.Log(accuracy.Line(trial))
		if trial.Verdict.Void {
			o.Voids++
			continue
		}
		if o.First == nil {
			o.First = trial
		}
		if trial.ConfidentlyWrong() {
			o.Worst = accuracy.Line(trial)
		}
		size, asked := trial.SizeRight()
		o.Right = trial.Right() && (size || !asked)
	}
	return o
}

// serve has the cell's engine serve in a process of its own until the test ends.
func serve(t *testing.T, c *cell) (base string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ready, ended := make(chan string, 1), make(chan error, 1)
	o := lab.ServeOptions{
		Document: c.document(t), Engine: c.config(t), Address: "127.0.0.1:0", UpstreamCapacity: c.capacities(),
		Ready: func(address string) { ready <- address },
	}
	go func() { ended <- lab.Serve(ctx, o) }()
	select {
	case err := <-ended:
		stop()
		t.Fatalf("serve: %v", err)
	case address := <-ready:
		base = "http://" + address
	}
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return base
}

// probe probes a cell that is served at base.
func (c *cell) probe(t *testing.T, base string, try int) *accuracy.Trial {
	t.Helper()
	var file bytes.Buffer
	w := record.NewWriter(&file)
	start := time.Now()
	err := probe.Run(t.Context(), probe.Config{
		Heavy: probe.Request{URL: base + "/slow"}, Canary: &probe.Request{URL: base + "/health"}, MaxConcurrency: c.atOnce(),
	}, w, record.Meta{Tool: "plimsoll", Host: record.Host(host.Describe())})
	seconds := time.Since(start).Seconds()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	c.write(t, fmt.Sprintf(".%d.jsonl", try), file.Bytes())
	var h probe.History
	if _, err := record.Read(&file, h.Add); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(probe.Judge(&h))
	if err != nil {
		t.Fatal(err)
	}
	v, err := accuracy.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	return &accuracy.Trial{Peer: c.engine, Target: fmt.Sprintf("%s %v", c.route, c.service), Truth: c.truth(), Verdict: v, Seconds: seconds}
}

// atOnce is how many requests the probe may have in flight: the usual number,
// or fewer where the run is to be short.
func (c *cell) atOnce() int {
	if os.Getenv(soakEnv) != "" {
		return probe.DefaultConcurrency
	}
	return 100
}

// file is where something about the cell is kept; "" if nothing is.
func (c *cell) file(suffix string) string {
	if *keep == "" {
		return ""
	}
	return filepath.Join(*keep, regexp.MustCompile(`[^a-z0-9.=-]+`).ReplaceAllString(c.name(), "_")+suffix)
}

// keep keeps what came of a cell, so that a run that was interrupted goes on.
func (c *cell) keep(t *testing.T, o *outcome) {
	t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	c.write(t, ".json", text)
}

// kept returns what an earlier run kept.
func (c *cell) kept(t *testing.T) (o outcome, ok bool) {
	t.Helper()
	text, err := os.ReadFile(c.file(".json"))
	if err != nil {
		return o, false
	}
	if err := json.Unmarshal(text, &o); err != nil {
		t.Fatalf("%s: %v; remove it", c.file(".json"), err)
	}
	return o, true
}

func (c *cell) write(t *testing.T, suffix string, text []byte) {
	t.Helper()
	if name := c.file(suffix); name != "" {
		if err := os.WriteFile(name, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// rewrite writes the document's section, if it is about every cell.
func rewrite(t *testing.T, cells, judged int, text string) {
	t.Helper()
	if os.Getenv(soakEnv) == "" || judged < cells {
		t.Fatalf("%d of %d cells were judged, and the document is about all of them; set %s, on a calm machine", judged, cells, soakEnv)
	}
	const name = "../../docs/accuracy.md"
	old, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	document, err := accuracy.Section(string(old), accuracy.BeginEngines, text)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(document), 0o644); err != nil {
		t.Fatal(err)
	}
}

// machine is what the figures depend on.
func machine() string {
	d := host.Describe()
	return fmt.Sprintf("%s; %d CPUs; %s %s; %s", d.CPU, len(d.CPUs), d.OS, d.Kernel, d.Go)
}

// kinds are what a probe may say, in the order of a table.
var kinds = []string{
	string(probe.SharedPool), string(probe.Serial), string(probe.PrivatePool), string(probe.ConnectionCap), string(probe.Shedding),
	string(probe.RateLimit), string(probe.CPU), string(probe.None), string(probe.Unknown),
}

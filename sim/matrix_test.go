package sim

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
)

// asked is how many requests the matrices of docs/engines.md were seen with.
const asked = 8

// A sight is what is seen of requests that wait in a step.
type sight struct {
	atOnce int  // of them, at once
	served bool // another, that does nothing, is answered meanwhile
	stuck  bool // let go, they do not go on
}

// meanings of the words in a matrix, by the sizes of its configuration; where
// requests are stuck, how many wait says nothing.
func meanings(t testing.TB, config string) map[string]sight {
	c, err := model.ParseEngine(config)
	if err != nil {
		t.Fatal(err)
	}
	size := func(option string) int {
		if c.Has(option) {
			return c.Int(option)
		}
		return 0
	}
	return map[string]sight{
		"–": {asked, true, false}, "own thread": {asked, true, false},
		"thread": {size("max"), false, false}, "client": {1, true, false}, "executor": {size("executor"), true, false},
		"loop": {1, false, false}, "CPU worker": {size("workers"), true, false}, "blocking worker": {size("blocking"), true, false},
		"carrier": {size("carriers"), false, false}, "deadlock": {0, false, true},
	}
}

// nothing is a step that does nothing.
const nothing = "{choice: [{p: 50%, steps: []}, {p: 50%, steps: []}]}"

// The steps that a document can have of those in the matrices.
var (
	waits = map[string]string{
		"await": "{await: u}", "call": "{call: u}", "compute": "{compute: 1h}", "block": "{block: 1h}",
		"hold": "{hold: taken, steps: [{await: first}]}", "monitor": "{hold: locked, steps: [{await: first}]}",
		"all": "{parallel: [[" + nothing + "], [{await: u}]]}",
	}
	around = map[string]string{
		"handler": "@", "after await": "{await: first}, @", "hold": "{hold: room, steps: [@]}", "monitor": "{hold: entered, steps: [@]}",
		"all": "{parallel: [[" + nothing + "], [@]]}",
	}
)

// see asks for a step inside another eight times at once, and looks who waits.
func see(t testing.TB, config, outer, inner string) sight {
	document := fmt.Sprintf(`
upstreams: {u: {latency: 1h}, first: {latency: 1us}}
resources: {taken: {size: 1}, room: {size: %d}, locked: {monitor: true}, entered: {monitor: true}}
routes: {asked: {steps: [%s]}, alive: {weight: 0, steps: [{compute: 1us}]}}
arrivals: {bursts: %[1]d}
`, asked, strings.Replace(around[outer], "@", waits[inner], 1))
	r := simulate(t, config, document, 1e-4, func(c *Config) {
		c.CPUs = 64 // that nobody waits for
		c.Workload.Timeout = 1000 * time.Hour
		c.Workload.Resources[3].Size = asked
		c.Workload.Routes[1].Steps = nil
	})
	for i := range r.resources {
		if i == 0 || i == 2 { // it is somebody else's
			r.resources[i].held.Enter(0)
		}
	}
	x := r.until(time.Second)
	got := sight{atOnce: x.Upstream}
	switch inner {
	case "compute":
		got.atOnce = int(r.instances[0].cpu.running.N)
	case "block":
		got.atOnce = r.blocked()
	case "hold":
		got.atOnce = x.Resources[0].Waiting
	case "monitor":
		got.atOnce = x.Resources[2].Waiting
	}
	r.send(1, 1, 0)
	r.advanceAll()
	r.until(2 * time.Second)
	got.served = r.routes["alive"] == 1
	for _, i := range []int32{0, 2} {
		r.release(held{resource: i})
	}
	r.advanceAll()
	r.until(10 * time.Hour)
	got.stuck = r.instances[0].inside.N > 0
	return got
}

// blocked is how many strands wait in something opaque.
func (r *trial) blocked() (n int) {
	for k := range r.strands.items {
		st := &r.strands.items[k]
		if slices.Contains(r.strands.free, int32(k)) || st.pc == 0 {
			continue
		}
		if in := &r.code[st.pc-1]; in.op == opWait && r.steps[in.step].verb == model.Block {
			n++
		}
	}
	return n
}

// disagreements lists the cells of a configuration's matrix in which the simulation of
// an engine is seen to do something else.
func disagreements(t testing.TB, engine, config, table string) (out []string, cells int) {
	mean := meanings(t, config)
	var head []string
	for i, line := range strings.Split(strings.TrimSpace(table), "\n") {
		row := strings.Split(strings.Trim(line, "| "), " | ")
		switch i {
		case 0:
			head = row
		case 1: // the rule below it
		default:
			for j, says := range row[1:] {
				inner := head[j+1]
				if around[row[0]] == "" || waits[inner] == "" {
					continue // a document does not nest these
				}
				cells++
				want, known := mean[says]
				got := see(t, engine, row[0], inner)
				if want.stuck && got.stuck {
					continue
				}
				if !known || got != want {
					out = append(out, fmt.Sprintf("%s in %s: %+v; who pays on the engine is: %s", inner, row[0], got, says))
				}
			}
		}
	}
	return out, cells
}

// matrices are those of docs/engines.md, which are held against what is seen of the
// running engines (package internal/engines).
func matrices(t testing.TB) map[string]string {
	b, err := os.ReadFile("../docs/engines.md")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, part := range strings.Split(string(b), "<!-- printed: matrix ")[1:] {
		config, rest, _ := strings.Cut(part, " -->\n")
		out[config], _, _ = strings.Cut(rest, "<!-- end -->")
	}
	return out
}

// Who pays for which step, inside which other, is the same in a simulation as on
// the real engine, wherever a document can say it.
func TestWhoPaysIsWhoPaysOnTheEngine(t *testing.T) {
	all := matrices(t)
	if len(all) < 8 {
		t.Fatalf("docs/engines.md has %d matrices", len(all))
	}
	for config, table := range all {
		t.Run(config, func(t *testing.T) {
			t.Parallel()
			wrong, cells := disagreements(t, config, config, table)
			for _, text := range wrong {
				t.Error(text)
			}
			if cells < 35 {
				t.Errorf("%d cells were looked at", cells)
			}
		})
	}
}

// The same finds an engine that is simulated otherwise, in a size or in one cell.
func TestAnotherEngineIsNotTakenForIt(t *testing.T) {
	all := matrices(t)
	for engine, of := range map[string]string{
		"thread:max=5,connections=4":          "thread:max=5",
		"vthread:carriers=2,pinning=jdk24":    "vthread:carriers=2,pinning=jdk21",
		"future:max=5":                        "future:max=5,executor=3",
		"hybrid:loops=1,workers=3,blocking=8": "hybrid:loops=1,workers=3,blocking=4",
		"loop":                                "goroutine",
	} {
		if wrong, _ := disagreements(t, engine, of, all[of]); len(wrong) == 0 {
			t.Errorf("%s is taken for %s", engine, of)
		}
	}
}

// What the matrix does not show: of a parallel's branches the first is run by who
// starts them. On `future` the others are begun before, on the same thread, each
// until it waits (engine/future, host.Go), so that it matters which of them calls.
func TestBranchesBeginInTheEnginesOrder(t *testing.T) {
	for _, c := range []struct {
		engine, first, second string
		took                  time.Duration
	}{
		{"future", "{call: u}", "{await: u}", 100 * time.Millisecond},
		{"future", "{await: u}", "{call: u}", 200 * time.Millisecond},
		{"future:executor=4", "{await: u}", "{call: u}", 200 * time.Millisecond},
		{"future", "{call: u}", "{parallel: [[{call: u}], [{await: u}]]}", 200 * time.Millisecond},
		{"loop", "{call: u}", "{await: u}", 200 * time.Millisecond},
		{"loop", "{await: u}", "{call: u}", 100 * time.Millisecond},
		{"hybrid:loops=1", "{call: u}", "{await: u}", 100 * time.Millisecond},
		{"vthread:carriers=1", "{call: u}", "{await: u}", 100 * time.Millisecond},
		{"vthread:carriers=1", "{await: u}", "{block: 100ms}", 100 * time.Millisecond},
		{"vthread:carriers=1", "{block: 100ms}", "{await: u}", 200 * time.Millisecond},
		{"thread", "{call: u}", "{await: u}", 100 * time.Millisecond},
		{"goroutine", "{block: 100ms}", "{await: u}", 100 * time.Millisecond},
	} {
		document := fmt.Sprintf("\nupstreams: {u: {latency: 100ms}}\nroutes: {r: {steps: [{parallel: [[%s], [%s]]}]}}\narrivals: constant\ntimeout: 1m\n", c.first, c.second)
		r := simulate(t, c.engine, document, 1, nil)
		n := 0
		r.ended = func(e Ended) {
			if n++; e.Done-e.Intended != int64(c.took) {
				t.Errorf("%s: %s beside %s takes %s; expected %s", c.engine, c.first, c.second, time.Duration(e.Done-e.Intended), c.took)
			}
		}
		if r.until(3500 * time.Millisecond); n != 4 {
			t.Errorf("%s: %d of 4 ended", c.engine, n)
		}
	}
}

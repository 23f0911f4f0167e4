package plan

import (
	"strings"
	"testing"
)

// Engines are named together only where what is said of one is true of all.
func TestTheConclusionSaysOfNoEngineWhatIsTrueOfAnother(t *testing.T) {
	engine := func(config string, instances int, mib int64, pool int, spare float64) Engine {
		bytes := mib << 20
		return Engine{Engine: config, Config: config, Instances: &instances, Memory: &bytes, Headroom: &spare, Sizes: []Size{{Name: "db", N: pool}}}
	}
	p := &Plan{Question: Question{Rate: 5000, CPUs: 2}, Engines: []Engine{
		engine("future", 1, 35, 62, 0), // as little memory, and more connections
		engine("loop", 2, 49, 16, 0.05),
		engine("vthread", 1, 35, 27, 0.06),
		engine("goroutine", 1, 36, 27, 0.06),
	}}
	got := conclude(p)
	want := "1 instance (2 CPUs) of vthread or goroutine holds 5,000 requests/s with db 27, 35 MiB in all and 6 % to spare. loop needs the most: 2 instances with db 16, 49 MiB in all."
	if got != want {
		t.Errorf("%s\nnot\n%s", got, want)
	}
	p.Engines = p.Engines[2:]
	if got := conclude(p); strings.Contains(got, "most") {
		t.Errorf("both need as much: %s", got)
	}
}

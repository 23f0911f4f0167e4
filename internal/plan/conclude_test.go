package plan

import (
	"strings"
	"testing"

	"github.com/plimsoll-dev/plimsoll/model"
)

// Engines are named together only where what is said of one is true of all.
func TestTheConclusionSaysOfNoEngineWhatIsTrueOfAnother(t *testing.T) {
	engine := func(config string, instances int, mib int64, pool int, spare float64) Engine {
		bytes := mib << 20
		end := 1e6
		return Engine{Engine: config, Config: config, Instances: &instances, Memory: &bytes, Headroom: &spare, LoadLine: &LoadLine{High: &end}, Sizes: []Size{{Name: "db", N: pool}}}
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
	p.Engines = []Engine{engine("loop", 1, 35, 27, 0.004)}
	if got := conclude(p); !strings.Contains(got, "and less than 1 % to spare.") {
		t.Errorf("what holds has something to spare: %s", got)
	}
}

func TestTheConclusionSaysWhatWasTriedWhereNothingHolds(t *testing.T) {
	unknown := Engine{Engine: "thread"}
	none := func(engine string) Engine { return Engine{Engine: engine, None: &None{Text: "it stalls"}} }
	for _, c := range []struct {
		engines []Engine
		want    string
	}{
		{[]Engine{unknown}, "Nothing was found out yet."},
		{[]Engine{unknown, none("loop")}, "No size of loop holds 50 requests/s: it stalls."}, // interrupted
		{[]Engine{unknown, none("loop"), none("future")}, "loop, future cannot hold 50 requests/s, of whatever size, with up to 1 instance."},
		{[]Engine{none("loop"), none("future")}, "No engine holds 50 requests/s, of whatever size, with up to 1 instance."},
	} {
		if got := conclude(&Plan{Question: Question{Rate: 50, MaxInstances: 1}, Engines: c.engines}); got != c.want {
			t.Errorf("%s\nnot\n%s", got, c.want)
		}
	}
}

// What is printed of a headroom is what the conclusion says of it.
func TestWhatHoldsHasSomethingToSpare(t *testing.T) {
	end := 1010.0
	for _, c := range []struct {
		spare       float64
		high        *float64
		text, words string
	}{
		{-0.001, &end, "< 1 %", " and less than 1 % to spare"},
		{0, &end, "< 1 %", " and less than 1 % to spare"},
		{0.0049, &end, "< 1 %", " and less than 1 % to spare"},
		{0.0051, &end, "1 %", " and 1 % to spare"},
		{0.5, &end, "50 %", " and 50 % to spare"},
		{0, nil, "not known", ", and how much there is to spare is not known"}, // more may hold, or less than 1 %
		{0.0199, nil, "≥ 1 %", " and at least 1 % to spare"},
		{42.967, nil, "≥ 4,296 %", " and at least 4,296 % to spare"},
	} {
		e := &Engine{Headroom: &c.spare, LoadLine: &LoadLine{High: c.high}}
		if text, words := HeadroomText(e), spare(e); text != c.text || words != c.words {
			t.Errorf("%g: %q and %q, not %q and %q", c.spare, text, words, c.text, c.words)
		}
	}
	if e := (&Engine{}); HeadroomText(e)+spare(e) != "" {
		t.Errorf("of what was not searched: %q and %q", HeadroomText(e), spare(e))
	}
}

func TestFiguresAreThoseThatAreKnown(t *testing.T) {
	for x, want := range map[float64]string{-0.01: "0 %", 0.034: "3 %", 2.58: "258 %", 42.96: "4,300 %", 219.4: "22,000 %"} {
		if got := perCent(x); got != want {
			t.Errorf("%g: %s, not %s", x, got, want)
		}
	}
	one, two := 1, 2
	for want, w := range map[string]Wall{
		"1 thread":  {Kind: model.WallThreadPool, Name: "threads", Limit: &one},
		"2 threads": {Kind: model.WallThreadPool, Name: "threads", Limit: &two},
		"gate 1":    {Kind: model.WallResource, Name: "gate", Limit: &one},
	} {
		if got := WallText(w); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

package model

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseEngineReadsTheTextForm(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"thread", "thread:max=200"}, // the size is part of the name
		{" thread ", "thread:max=200"},
		{"thread:max=200", "thread:max=200"},
		{"thread:spare=50,max=500", "thread:max=500,spare=50"}, // the table's order
		{"thread:max=0500", "thread:max=500"},
		{"thread:queue=unbounded", "thread:max=200"},
		{"thread:queue=0", "thread:max=200,queue=0"},                                 // 0 is not unbounded
		{"thread:idle=60s,keepalive=20000ms,reuse=on,backlog=100", "thread:max=200"}, // all of them defaults
		{"thread:idle=90s", "thread:max=200,idle=1m30s"},
		{"thread:idle=2h", "thread:max=200,idle=2h"},
		{"thread:max=5", "thread:max=5"},
		{"thread:max=5,spare=5", "thread:max=5,spare=5"},
		{"thread:reuse=off", "thread:max=200,reuse=off"},
		{"goroutine", "goroutine"},
		{"future", "future:max=200"},
		{"future:executor=direct", "future:max=200"},
		{"future:executor=8", "future:max=200,executor=8"},
		{"loop:style=cps,slow=50ms", "loop:style=cps,slow=50ms"},
		{"hybrid:loops=2,workers=2", "hybrid:loops=2,workers=2"},
		{"hybrid:blocking=64", "hybrid:blocking=64"}, // and blocking-max with it
		{"vthread:pinning=jdk21", "vthread:pinning=jdk21"},
		{"goroutine:http=net,procs=2", "goroutine:http=net,procs=2"},
	} {
		cfg, err := ParseEngine(c.text)
		if err != nil || cfg.String() != c.want {
			t.Errorf("ParseEngine(%q) = %q, %v; want %q", c.text, cfg, err, c.want)
		}
	}
}

func TestParseEngineSaysWhatToWrite(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", []string{`no engine is called ""`, "there are thread, future, loop"}},
		{"thraed", []string{`did you mean "thread"`, "there are thread, future, loop"}},
		{"loop-the-loop", []string{`no engine is called "loop-the-loop";`}}, // resembles nothing: no guess
		{"Thread", []string{`did you mean "thread"`}},
		{"thread:", []string{"nothing follows the colon", `"thread" or "thread:max=200"`}},
		{"thread:max", []string{"option max has no value", "write max=200"}},
		{"thread:max=", []string{"write max=200"}},
		{"thread: max=5", []string{`no option " max"`, `did you mean "max"`}},
		{"thread:max=5,", []string{`no option ""`, "it has max, spare, queue"}},
		{"thread:maxx=5", []string{`did you mean "max"`}},
		{"thread:max=1,max=2", []string{"option max is given twice"}},
		{"thread:max=200,max=2", []string{"option max is given twice"}}, // also where the first is the default
		{"thread:max=0", []string{`"0" is not a whole number from 1 to 1000000`}},
		{"thread:max=1000001", []string{"from 1 to 1000000"}},
		{"thread:max=-1", []string{"from 1 to 1000000"}},
		{"thread:max=1e3", []string{`"1e3" is not a whole number`}},
		{"thread:max=unbounded", []string{"not a whole number"}}, // only a queue may be
		{"thread:queue=many", []string{`whole number from 0 to 1048576, or "unbounded"`}},
		{"thread:idle=60", []string{`"60" is not a time above zero`, "like 60s"}},
		{"thread:idle=0s", []string{"not a time above zero"}},
		{"thread:reuse=maybe", []string{`"maybe" is none of on, off`}},
		{"thread:max=50,spare=51", []string{"spare=51 is more than max=50", "write spare=50 or less"}},
		{"hybrid:blocking=64,blocking-max=50", []string{"blocking=64 is more than blocking-max=50"}},
		{"future:executor=20,executor-max=9", []string{"write executor=9 or less"}},
		{"future:executor=0", []string{`from 1 to 1000000, or "direct"`}},
		{"goroutine:max=5", []string{`goroutine has no option "max"`, "it has http, procs, keepalive"}},
	} {
		cfg, err := ParseEngine(c.text)
		if err == nil || cfg.Engine != "" {
			t.Errorf("ParseEngine(%q) = %q and error %v, want the error alone", c.text, cfg, err)
			continue
		}
		for _, w := range append(c.want, `engine "`+c.text+`"`) {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("ParseEngine(%q): %q does not say %q", c.text, err, w)
			}
		}
	}
}

func mustParseEngine(t testing.TB, text string) EngineConfig {
	t.Helper()
	cfg, err := ParseEngine(text)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestOptionsThatWereNotGivenHaveTheirDefaults(t *testing.T) {
	c := mustParseEngine(t, "thread:max=5,idle=90s")
	if c.Int("max") != 5 || c.Int("queue") != Unbounded || c.Int("connections") != 8192 || c.Duration("idle") != 90*time.Second ||
		c.Duration("keepalive") != 20*time.Second || c.Text("reuse") != "on" {
		t.Errorf("%s: options %v", c, c.Options())
	}
	if c.Int("spare") != 5 {
		t.Errorf("%s keeps %d spare threads, want all 5: fewer than the default", c, c.Int("spare"))
	}
	want := map[string]any{"max": 5, "spare": 5, "queue": -1, "connections": 8192, "backlog": 100, "idle": "1m30s", "keepalive": "20s", "reuse": "on"}
	if got := c.Options(); !reflect.DeepEqual(got, want) {
		t.Errorf("Options() = %v, want %v", got, want)
	}
	if !c.Has("max") || c.Has("http") {
		t.Error("Has does not tell the engine's options")
	}
}

func TestWithChangesOneOptionOfACopy(t *testing.T) {
	c := mustParseEngine(t, "thread:max=5")
	more, err := c.With("max", "400")
	if err != nil || more.String() != "thread:max=400" || more.Int("spare") != 10 {
		t.Errorf("raising max gives %s with %d spare, %v; want the default spare of 10 again", more, more.Int("spare"), err)
	}
	if c.String() != "thread:max=5" {
		t.Errorf("With changed its receiver to %s", c)
	}
	for _, bad := range [][2]string{{"max", "0"}, {"spare", "6"}, {"reuse", "yes"}} {
		if got, err := c.With(bad[0], bad[1]); err == nil || !reflect.DeepEqual(got, c) || !strings.Contains(err.Error(), bad[0]) {
			t.Errorf("With(%s, %s) = %s, %v; want the unchanged one and an error that names %[1]s", bad[0], bad[1], got, err)
		}
	}
	if back, err := more.With("max", "200"); err != nil || !reflect.DeepEqual(back, mustParseEngine(t, "thread")) {
		t.Errorf("setting the default gives %#v, want what ParseEngine gives", back)
	}
}

// More workers of a pool that may not grow are more of what it may have, too.
func TestAPoolOfAFixedSizeStaysOne(t *testing.T) {
	for _, c := range []struct{ from, option, value, want string }{
		{"hybrid:blocking=60,blocking-max=60", "blocking", "120", "hybrid:blocking=120,blocking-max=120"},
		{"hybrid:blocking=60,blocking-max=60", "blocking-max", "20", "hybrid:blocking=20,blocking-max=20"},
		{"hybrid:blocking=60,blocking-max=60", "blocking", "20", "hybrid:blocking=20,blocking-max=60"}, // which it may grow to
		{"hybrid", "blocking-max", "20", "hybrid:blocking=20,blocking-max=20"},
		{"hybrid:blocking=50,blocking-max=60", "blocking", "70", ""},
		{"future:executor=8,executor-max=8", "executor", "16", "future:executor=16,executor-max=16"},
		{"future:executor=8", "executor", "16", "future:executor=16"},
		{"future", "executor-max", "16", "future:executor-max=16"},
	} {
		got, err := mustParseEngine(t, c.from).With(c.option, c.value)
		if c.want == "" {
			if err == nil {
				t.Errorf("%s with %s=%s is %s", c.from, c.option, c.value, got)
			}
			continue
		}
		if err != nil || !reflect.DeepEqual(got, mustParseEngine(t, c.want)) {
			t.Errorf("%s with %s=%s is %s, %v; want %s", c.from, c.option, c.value, got, err, c.want)
		}
	}
}

func TestAnUnknownOptionIsAProgrammersError(t *testing.T) {
	for name, f := range map[string]func(){
		"option": func() { mustParseEngine(t, "thread").Int("http") },
		"zero":   func() { EngineConfig{}.Int("max") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

// Any configuration is told apart by its text, and read back from it.
func TestTextFormRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := rapid.SampledFrom(Engines).Draw(t, "engine")
		cfg := mustParseAny(t, spec.Name)
		for _, o := range spec.Options {
			if !rapid.Bool().Draw(t, "give "+o.Name) {
				continue
			}
			var v string
			switch o.Kind {
			case EnumOption:
				v = rapid.SampledFrom(o.Enum).Draw(t, o.Name)
			case DurationOption:
				v = time.Duration(rapid.Int64Range(1, 1e15).Draw(t, o.Name)).String()
			case LimitOption:
				v = rapid.OneOf(rapid.Just("unbounded"), number(o)).Draw(t, o.Name)
			default:
				v = number(o).Draw(t, o.Name)
			}
			if next, err := cfg.With(o.Name, v); err == nil { // spare above max is refused
				cfg = next
			}
		}
		back := mustParseAny(t, cfg.String())
		if !reflect.DeepEqual(back, cfg) || !reflect.DeepEqual(back.Options(), cfg.Options()) {
			t.Fatalf("%s reads back as %v with %v, was %v", cfg, back, back.Options(), cfg.Options())
		}
		data, err := json.Marshal(cfg)
		if err != nil {
			t.Fatal(err)
		}
		var again EngineConfig
		if err := json.Unmarshal(data, &again); err != nil || !reflect.DeepEqual(again, cfg) {
			t.Fatalf("through JSON %s: %v, %v", data, again, err)
		}
	})
}

func number(o Option) *rapid.Generator[string] {
	return rapid.Map(rapid.IntRange(o.Min, o.Max), func(n int) string {
		data, _ := json.Marshal(n)
		return string(data)
	})
}

func mustParseAny(t *rapid.T, text string) EngineConfig {
	cfg, err := ParseEngine(text)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestUnmarshalOfNonsenseKeepsTheValue(t *testing.T) {
	c := mustParseEngine(t, "thread:max=5")
	if err := c.UnmarshalText([]byte("thraed")); err == nil || c.String() != "thread:max=5" {
		t.Errorf("got %s, %v", c, err)
	}
}

// Every default must itself be a value that its option takes, and within the
// rules between options.
func TestDefaultsAreValid(t *testing.T) {
	for _, spec := range Engines {
		cfg := mustParseEngine(t, spec.Name)
		for _, o := range spec.Options {
			if _, err := cfg.With(o.Name, o.Default); err != nil {
				t.Errorf("%s: %v", spec.Name, err)
			}
			if o.Help == "" {
				t.Errorf("%s: option %s has no help", spec.Name, o.Name)
			}
		}
	}
}

func TestWhatIsForSimulationsDoesNotRun(t *testing.T) {
	for _, c := range []struct{ text, says string }{
		{"thread:max=9000", ""}, {"thread:connections=15000", ""}, {"loop", ""}, {"future", ""}, {"goroutine", ""},
		{"thread:max=100000", "max=100000 is for simulations; for real write max=9000 or less"},
		{"hybrid:connections=1000000", "for real write connections=15000 or less"},
		{"future:executor=20000", "for real write executor=9000 or less"},
	} {
		cfg, err := ParseEngine(c.text)
		if err != nil {
			t.Fatal(err)
		}
		if err := cfg.Runnable(); (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.text, err)
		}
	}
}

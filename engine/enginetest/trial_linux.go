package enginetest

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
)

// A Fault is an engine with a fault built in, and the row that has to find it.
type Fault struct {
	Row    string // of [Run], or of [RunModel] for the engine
	Says   string // what the row's complaint contains
	Config string // for a row of Run; "": the row's own
	Build  Build
	Undo   func() // ends the fault, so that the engine can be stopped; may be nil
}

// impatience is how long a state is waited for that is to fail to come.
const impatience = 3 * time.Second

// certainly is how long whoever is one too many has to come.
const certainly = 500 * time.Millisecond

// Red runs a row on an engine with a fault, and fails if the row does not.
// Without that, a row may be one that cannot fail.
func Red(t *testing.T, engineName string, f Fault) {
	t.Helper()
	r, ok := f.find(engineName)
	if !ok {
		t.Fatalf("no row of engine %s is called %q", engineName, f.Row)
	}
	cfg, err := model.ParseEngine(f.Config)
	if err != nil {
		t.Fatal(err)
	}
	r.patience, r.quiet = impatience, certainly
	quiet(t)
	f.mustFail(t, f.Row, func(tr testing.TB) {
		h := newHarness(tr, cfg, f.Build, r)
		h.undo = f.Undo
		r.run(tr, h)
	})
}

// mustFail runs what has to find the fault, and to say so.
func (f *Fault) mustFail(t *testing.T, what string, run func(testing.TB)) {
	t.Helper()
	tr := &trial{TB: t}
	tr.run(func() { run(tr) })
	switch said := strings.Join(tr.said, "\n"); {
	case !tr.failed:
		t.Errorf("%q does not find the fault", what)
	case !strings.Contains(said, f.Says):
		t.Errorf("%q fails, and does not say %q:\n%s", what, f.Says, said)
	}
}

// find returns the row, and completes f's configuration.
func (f *Fault) find(engineName string) (row, bool) {
	for _, r := range rows() {
		if r.name == f.Row {
			return r, true
		}
	}
	for _, m := range modelRows(engineName) {
		if m.name == f.Row {
			if f.Config == "" {
				f.Config = m.config
			}
			return m.row, true
		}
	}
	return row{}, false
}

// A trial is a testing.TB for what is to fail: it notes instead of failing the
// test that it stands in for.
type trial struct {
	testing.TB

	mu       sync.Mutex // guards what follows
	failed   bool
	said     []string
	cleanups []func()
}

// run runs f and what it has left to be cleaned up, each to its end or FailNow.
func (t *trial) run(f func()) {
	for ; f != nil; f = t.nextCleanup() {
		done := make(chan struct{})
		go func() { defer close(done); f() }()
		<-done
	}
}

func (t *trial) nextCleanup() (f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n := len(t.cleanups); n > 0 {
		f, t.cleanups = t.cleanups[n-1], t.cleanups[:n-1]
	}
	return f
}

func (t *trial) say(failed bool, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failed = t.failed || failed
	t.said = append(t.said, text)
}

// What follows implements [testing.TB].

func (t *trial) Cleanup(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cleanups = append(t.cleanups, f)
}

func (t *trial) Failed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failed
}

func (t *trial) Log(a ...any)            { t.say(false, fmt.Sprintln(a...)) }
func (t *trial) Logf(s string, a ...any) { t.say(false, fmt.Sprintf(s, a...)) }

func (t *trial) Fail()                     { t.say(true, "") }
func (t *trial) Error(a ...any)            { t.say(true, fmt.Sprintln(a...)) }
func (t *trial) Errorf(s string, a ...any) { t.say(true, fmt.Sprintf(s, a...)) }

func (t *trial) FailNow()                  { t.Fail(); runtime.Goexit() }
func (t *trial) Fatal(a ...any)            { t.Error(a...); runtime.Goexit() }
func (t *trial) Fatalf(s string, a ...any) { t.Errorf(s, a...); runtime.Goexit() }

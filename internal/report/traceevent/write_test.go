package traceevent

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-dev/plimsoll/internal/golden"
	"github.com/plimsoll-dev/plimsoll/internal/report/traceevent/eventtest"
	"github.com/plimsoll-dev/plimsoll/record"
)

const ms = 1_000_000

// A maker makes the rows of one trace. Times are milliseconds.
type maker struct {
	rows   []record.Row
	trial  int
	engine string
	start  int64 // of the stretch
}

func (m *maker) trace(trial int, engine string, start, end int64, dropped int64, tracks ...record.Track) *maker {
	m.trial, m.engine, m.start = trial, engine, start*ms
	m.rows = append(m.rows,
		&record.Trial{ID: trial, Engine: engine, Rate: 960, Outcome: record.Passed},
		&record.Trace{Head: record.Head{T: m.start}, Trial: trial, Engine: engine, End: end * ms, Dropped: dropped, Tracks: tracks})
	return m
}

// span adds a span whose times are since the stretch began.
func (m *maker) span(what string, request uint64, branch, track int, verb, op string, from, waited, to float64) *maker {
	m.rows = append(m.rows, &record.Span{
		Head: record.Head{T: m.start + int64(from*ms)}, Trial: m.trial, Engine: m.engine, What: what,
		Request: request, Branch: branch, Track: track, Op: op, Verb: verb, Waited: int64(waited * ms), End: m.start + int64(to*ms),
	})
	return m
}

func (m *maker) write(t *testing.T) []byte {
	t.Helper()
	var all Traces
	for _, r := range m.rows {
		all.Add(r)
	}
	var b bytes.Buffer
	if err := all.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// madeUp has everything that an engine can record. Spans are in the order in
// which they ended, as a recorder has them.
func madeUp() *maker {
	m := &maker{rows: []record.Row{&record.Meta{Tool: "plimsoll test", Workload: &record.Workload{Name: "shop"}}}}
	// A thread: a request keeps it through its await, and a branch has another.
	m.trace(3, "thread:max=2", 1000, 1100, 0,
		record.Track{Type: "thread", Name: "plimsoll-exec", Number: 4711}, record.Track{Type: "thread", Number: 4712},
		record.Track{Type: "thread", Name: "plimsoll-branch", Number: 4713})
	m.span(isStep, 7, 1, 0, "call", "price", 22, 0, 30).
		span(isRun, 7, 1, 3, "", "", 21, 0, 31).
		span(isBranch, 7, 1, 0, "", "both", 21, 0, 31).
		span(isStep, 7, 0, 0, "await", "payment", 20, 0, 50).
		span(isStep, 7, 0, 0, "parallel", "both", 20, 0, 50).
		span(isStep, 7, 0, 0, "hold", "pool", 10, 5, 60). // 5 ms for a slot
		span(isHandler, 7, 0, 0, "", "/checkout", 5, 0, 61).
		span(isRequest, 7, 0, 0, "", "", 0, 5, 62).
		span(isRun, 7, 0, 1, "", "", 5, 0, 62).
		span(isReject, 0, 0, 0, "", "", 70, 0, 70).
		// It began long before the stretch, and ends long after it.
		span(isStep, 6, 0, 0, "block", "print", -400, 0, 300).
		span(isHandler, 6, 0, 0, "", "/print", -500, 0, 350).
		span(isRequest, 6, 0, 0, "", "", -500, 0, 400).
		span(isRun, 6, 0, 2, "", "", -500, 0, 400).
		// Another's: the stretch is over.
		span(isRequest, 8, 0, 0, "", "", 100.5, 0, 101)
	// Carriers: mounted, unmounted, remounted elsewhere, pinned. And a loop that
	// is stalled while another request could go on.
	m.trace(9, "vthread", 5000, 5100, 2,
		record.Track{Type: "carrier", Number: 1}, record.Track{Type: "carrier", Number: 0}, record.Track{Type: "loop", Number: 0})
	m.span(isRun, 0, 0, 3, "", "", 0, 0, 1). // a connection's
							span(isRun, 1, 0, 2, "", "", 2, 1, 4).
							span(isStep, 1, 0, 0, "call", "db", 3, 0, 21).
							span(isPin, 1, 0, 1, "block", "native", 22, 0, 30).
							span(isStep, 1, 0, 0, "block", "native", 22, 0, 30).
							span(isHandler, 1, 0, 0, "", "/buy", 2, 0, 31).
							span(isRequest, 1, 0, 0, "", "", 2, 0, 31).
							span(isRun, 1, 0, 1, "", "", 20, 5, 32).
							span(isStep, 2, 0, 0, "compute", "render", 41, 0, 60).
							span(isStall, 2, 0, 3, "compute", "render", 40, 0, 61).
							span(isRun, 2, 0, 3, "", "", 40, 0, 61).
							span(isRequest, 2, 0, 0, "", "", 40, 0, 61).
							span(isRun, 3, 0, 3, "", "", 61, 15, 62). // its request did not end in time
							span(isStep, 3, 0, 0, "await", "db", 35, 0, 61.5)
	return m
}

func TestAMadeUpRecordMakesThisFile(t *testing.T) {
	got := madeUp().write(t)
	golden.Check(t, "made-up.golden", string(got))
	if _, err := eventtest.Check(got); err != nil {
		t.Error(err)
	}
}

// find returns the slices of a name, on tracks or for themselves.
func find(f *eventtest.File, name string, async bool) []eventtest.Slice {
	var all []eventtest.Slice
	for _, s := range f.Slices {
		if s.Name == name && (s.ID != "") == async {
			all = append(all, s)
		}
	}
	return all
}

func check(t *testing.T, b []byte) *eventtest.File {
	t.Helper()
	f, err := eventtest.Check(b)
	if err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	return f
}

// want says that there is one slice of that name, and what it is.
func want(t *testing.T, f *eventtest.File, name string, async bool, parent string, from, to float64) eventtest.Slice {
	t.Helper()
	all := find(f, name, async)
	if len(all) != 1 || all[0].Parent != parent || all[0].From != from || all[0].To != to {
		t.Errorf("%q: %+v; want one in %q from %v to %v µs", name, all, parent, from, to)
		return eventtest.Slice{}
	}
	return all[0]
}

func TestWhatAViewerShows(t *testing.T) {
	f := check(t, madeUp().write(t))

	// A thread is kept by the whole request, and by every step of it.
	if on := find(f, "/checkout", false); len(on) != 2 || on[0].TID == on[1].TID || on[1].From != 5000 || on[1].To != 62000 || on[0].Args["branch"] != 1.0 {
		t.Errorf("threads that ran the request and its branch: %+v", on)
	}
	want(t, f, "hold pool", false, "/checkout", 10000, 60000)
	want(t, f, "wait for pool", false, "hold pool", 10000, 15000)
	want(t, f, "await payment", false, "parallel both", 20000, 50000)
	// The request for itself also has what no thread saw.
	want(t, f, "queued", true, "/checkout", 0, 5000)
	want(t, f, "await payment", true, "parallel both", 20000, 50000)
	// A branch is apart from the steps that it ran beside.
	want(t, f, "call price", true, "branch of both", 22000, 30000)

	// The stretch is a window.
	if s := want(t, f, "block print", true, "/print", 0, 100000); s.Args["cut_from_ms"] != 700.0 {
		t.Errorf("cut: %v", s.Args)
	}
	if len(find(f, "request", true)) != 1 { // the one whose path is not known, and not that past the end
		t.Error("a request that began past the stretch is shown")
	}

	// Of a step that suspends a carrier runs the beginning and the end.
	parts := find(f, "call db", false)
	if len(parts) != 2 || parts[0].From != 3000 || parts[0].To != 4000 || parts[1].From != 20000 || parts[1].To != 21000 || parts[0].TID == parts[1].TID {
		t.Errorf("parts of call db: %+v", parts)
	}
	want(t, f, "call db", true, "/buy", 3000, 21000)
	want(t, f, "pin: block native", false, "/buy", 22000, 30000)
	if f.Arrows != 1 {
		t.Errorf("%d arrows; the request was remounted once", f.Arrows)
	}
	// While the loop was stalled another request was ready.
	want(t, f, "stall: compute render", false, "request", 40000, 61000)
	var ready []eventtest.Slice
	for _, s := range find(f, "ready to run", true) {
		if s.Parent == "await db" {
			ready = append(ready, s)
		}
	}
	if len(ready) != 1 || ready[0].From != 46000 || ready[0].To != 61000 {
		t.Errorf("ready: %+v", ready)
	}
	// Tracks bear names, loops come first.
	var names []string
	for _, e := range f.Events {
		if e.Name == "thread_name" {
			names = append(names, e.Args["name"].(string))
		}
	}
	if got := strings.Join(names, ", "); got != "thread 4712, plimsoll-branch 4713, plimsoll-exec 4711, loop 0, carrier 0, carrier 1" {
		t.Errorf("tracks: %s", got)
	}
}

func TestWhatIsMissingIsSaid(t *testing.T) {
	f := check(t, madeUp().write(t))
	said := 0
	for _, e := range f.Instants {
		if strings.HasPrefix(e.Name, "2 spans are missing") && *e.PID == 2 {
			said++
		}
	}
	if said != 1 || !strings.Contains(f.Labels[2], "2 spans are missing") || strings.Contains(f.Labels[1], "missing") {
		t.Errorf("said %d times; labels %v", said, f.Labels)
	}
	if !strings.Contains(f.Labels[1], "trial 3, 960 requests/s, pass") {
		t.Errorf("label %q", f.Labels[1])
	}
}

func TestHostileNamesAreText(t *testing.T) {
	evil := "</script>\"\\\n\x00\u2028<img onerror=alert(1)>\xff"
	m := (&maker{}).trace(1, evil, 0, 100, 0, record.Track{Type: "thread", Name: evil, Number: 1}, record.Track{Type: evil, Number: -1})
	m.span(isStep, 1, 0, 0, "await", evil, 1, 0, 2).
		span(isHandler, 1, 0, 0, "", evil, 0, 0, 3).
		span(isRequest, 1, 0, 0, "", "", 0, 0, 3).
		span(isRun, 1, 0, 2, "", "", 0, 0, 3).
		// Nobody has recorded these: tracks that are not there, an end before the beginning, no kind.
		span(isRun, 2, 0, 99, "", "", 0, 0, 1).span(isRun, 2, 0, -1, "", "", 2, 0, 3).
		span(isStep, 1, 0, 0, "await", "back", 2, 0, 1).span(evil, 1, 0, 1, "", "", 0, 0, 1)
	b := m.write(t)
	if bytes.ContainsAny(b, "<>\x00\xff") || bytes.Contains(b, []byte("\u2028")) {
		t.Errorf("something is not escaped: %q", b)
	}
	f := check(t, b)
	readable := strings.ToValidUTF8(evil, "\ufffd")
	if f.Processes[1] != readable || len(find(f, "await "+readable, true)) != 1 || len(find(f, "await back", true)) != 0 {
		t.Errorf("names are not what they were: %v", f.Processes)
	}
}

// The clocks of two recorders differ by some nanoseconds. What a viewer is told
// nests all the same.
func TestSlicesNestAlthoughClocksDiffer(t *testing.T) {
	m := (&maker{}).trace(1, "loop", 0, 100, 0, record.Track{Type: "loop"})
	m.span(isStep, 1, 0, 0, "compute", "a", 0.9999, 0, 2.0001). // a little outside of its run
									span(isRun, 1, 0, 1, "", "", 1, 0, 2).
									span(isRun, 2, 0, 1, "", "", 2, 0.5, 3).
									span(isStep, 2, 0, 0, "compute", "b", 1.9999, 0, 2.5).
									span(isRequest, 2, 0, 0, "", "", 1.5, 0.5, 2.9999).
									span(isRequest, 1, 0, 0, "", "", 1, 0, 2)
	f := check(t, m.write(t))
	for _, s := range f.Slices {
		if s.ID == "" && strings.HasPrefix(s.Name, "compute") && s.Depth != 1 {
			t.Errorf("%+v is in %d others", s, s.Depth)
		}
	}
	want(t, f, "compute b", false, "request", 2000, 2500)
}

func TestARecordWithoutATraceSaysHowToGetOne(t *testing.T) {
	var none Traces
	none.Add(&record.Meta{})
	if err := none.Write(new(bytes.Buffer)); !errors.Is(err, ErrNone) || !strings.Contains(err.Error(), "--trace FILE") {
		t.Errorf("error %v", err)
	}
}

// The checker that all of this relies on finds faults.
func TestTheCheckerFindsFaults(t *testing.T) {
	good := madeUp().write(t)
	var file map[string]any
	if err := json.Unmarshal(good, &file); err != nil {
		t.Fatal(err)
	}
	events := file["traceEvents"].([]any)
	for i := range events {
		without := append(append([]any{}, events[:i]...), events[i+1:]...)
		ph := events[i].(map[string]any)["ph"].(string)
		name, _ := events[i].(map[string]any)["name"].(string)
		if ph == "i" || strings.HasSuffix(name, "_sort_index") || name == "process_labels" {
			continue // nothing depends on it
		}
		b, err := json.Marshal(map[string]any{"displayTimeUnit": "ms", "traceEvents": without})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := eventtest.Check(b); err == nil {
			t.Errorf("nothing is wrong without event %d, %v", i, events[i])
		}
	}
}

// Both ends of an arrow are there, and yet it leads back.
func TestTheCheckerFindsArrowsThatLeadBack(t *testing.T) {
	good := string(madeUp().write(t))
	if f, err := eventtest.Check([]byte(good)); err != nil || f.Arrows == 0 {
		t.Fatalf("%d arrows, %v", f.Arrows, err)
	}
	swapped := strings.NewReplacer(`"ph":"s"`, `"ph":"f"`, `"ph":"f"`, `"ph":"s"`).Replace(good)
	if _, err := eventtest.Check([]byte(swapped)); err == nil || !strings.Contains(err.Error(), "back in time") {
		t.Errorf("%v", err)
	}
}

// A loop may stall between the steps of a handler, or before the first.
func TestAStallWithoutAStepHasAName(t *testing.T) {
	m := (&maker{}).trace(1, "loop", 0, 100, 0, record.Track{Type: "loop", Name: "loop"})
	m.span(isStall, 7, 0, 1, "", "", 10, 0, 40).span(isRun, 7, 0, 1, "", "", 10, 0, 40).span(isRequest, 7, 0, 0, "", "", 10, 0, 40)
	f, err := eventtest.Check(m.write(t))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(f.Slices, func(s eventtest.Slice) bool { return s.Name == "stall" }) {
		t.Errorf("%+v", f.Slices)
	}
}

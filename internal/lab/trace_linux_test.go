package lab

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/report/traceevent"
	"github.com/plimsoll-dev/plimsoll/internal/report/traceevent/eventtest"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// every has every kind of step, few at a time.
const every = `workload: every
upstreams:
  api: {latency: 40ms}
  db: {latency: 5ms}
resources:
  pool: {size: 1}
routes:
  steps:
    weight: 1
    steps:
      - {await: api, op: awaited}
      - {call: db, op: called}
      - {compute: 100us, op: computed}
      - {block: 2ms, op: blocked}
  both:
    weight: 1
    steps:
      - parallel: [[{await: api, op: one}], [{await: api, op: other}]]
        op: both
      - {hold: pool, steps: [{await: db, op: held}]}
timeout: 4s
in-flight: 200
slo: {within: 2s}
search: false
rates: [{rate: 60, for: 2s}]
`

// A taken is the trace of one engine, as the record has it.
type taken struct {
	*record.Trace
	spans []*record.Span
}

// takeTraces measures engines and returns their traces, and the file that is
// made of them.
func takeTraces(t *testing.T, source string, names ...string) (map[string]*taken, *eventtest.File) {
	t.Helper()
	w, _, err := workload.Parse("test.yaml", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	var b, file bytes.Buffer
	o := Options{Document: &workload.Document{Name: "test.yaml", Source: []byte(source), Workload: w}, Trace: true, Record: record.NewWriter(&b)}
	for _, n := range names {
		cfg, err := model.ParseEngine(n)
		if err != nil {
			t.Fatal(err)
		}
		o.Engines = append(o.Engines, cfg)
	}
	if err := Compare(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	all := map[string]*taken{}
	var traces traceevent.Traces
	_, err = record.Read(&b, func(row record.Row) error {
		traces.Add(row)
		switch row := row.(type) {
		case *record.Trace:
			if all[row.Engine] != nil {
				t.Errorf("%s has two traces", row.Engine)
			}
			all[row.Engine] = &taken{Trace: row}
		case *record.Span:
			all[row.Engine].spans = append(all[row.Engine].spans, row)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := traces.Write(&file); errors.Is(err, traceevent.ErrNone) {
		t.Fatal("not one engine was traced")
	} else if err != nil {
		t.Fatal(err)
	}
	f, err := eventtest.Check(file.Bytes())
	if err != nil {
		t.Error(err)
	}
	return all, f
}

// of returns the spans of a kind.
func (r *taken) of(what string) []*record.Span {
	var some []*record.Span
	for _, s := range r.spans {
		if s.What == what {
			some = append(some, s)
		}
	}
	return some
}

// runsOf returns, for each step of a name that lies in the stretch, the runs of
// its strand that touch it.
func (r *taken) runsOf(op string) (runs [][]*record.Span, steps []*record.Span) {
	byStrand := map[strandKey][]*record.Span{}
	for _, s := range r.of("run") {
		byStrand[strandOf(s)] = append(byStrand[strandOf(s)], s)
	}
	for _, s := range r.of("step") {
		if s.Op != op || s.T < r.T || s.End > r.End {
			continue
		}
		var some []*record.Span
		for _, run := range byStrand[strandOf(s)] {
			if overlap(run, s) > 0 {
				some = append(some, run)
			}
		}
		steps, runs = append(steps, s), append(runs, some)
	}
	return runs, steps
}

func overlap(a, b *record.Span) int64 { return min(a.End, b.End) - max(a.T, b.T) }

type strandKey struct {
	request uint64
	branch  int
}

func strandOf(s *record.Span) strandKey { return strandKey{s.Request, s.Branch} }

// whatever holds of every engine's trace.
func (r *taken) check(t *testing.T) {
	t.Helper()
	if r.End <= r.T || r.Dropped != 0 || time.Duration(r.End-r.T) > traceStretch {
		t.Errorf("%s: stretch from %d to %d, %d dropped", r.Engine, r.T, r.End, r.Dropped)
	}
	requests := map[uint64]*record.Span{}
	onTrack := map[int][]*record.Span{}
	for _, s := range r.spans {
		if s.T > s.End || s.T >= r.End || s.End < r.T || s.Trial != r.Trial || s.Waited < 0 || s.Track < 0 || s.Track > len(r.Tracks) {
			t.Errorf("%s: %+v is not of the stretch from %d to %d", r.Engine, s, r.T, r.End)
		}
		switch s.What {
		case "request":
			if requests[s.Request] != nil {
				t.Errorf("%s: two requests are %d", r.Engine, s.Request)
			}
			requests[s.Request] = s
		case "run":
			onTrack[s.Track] = append(onTrack[s.Track], s)
		case "stall", "pin":
		case "reject":
			t.Errorf("%s: rejected: %+v", r.Engine, s)
		default:
			if s.Request == 0 {
				t.Errorf("%s: a %s of no request: %+v", r.Engine, s.What, s)
			}
		}
	}
	for _, s := range r.spans {
		if q := requests[s.Request]; q != nil && (s.What == "step" || s.What == "handler" || s.What == "branch") && (s.T < q.T || s.End > q.End) {
			t.Errorf("%s: %+v is not inside its request %+v", r.Engine, s, q)
		}
	}
	for track, runs := range onTrack {
		slices.SortFunc(runs, func(a, b *record.Span) int { return cmp.Or(cmp.Compare(a.T, b.T), cmp.Compare(a.End, b.End)) })
		for i := 1; i < len(runs); i++ {
			if overlap(runs[i-1], runs[i]) > 0 {
				t.Errorf("%s: track %d runs two at once: %+v and %+v", r.Engine, track, runs[i-1], runs[i])
			}
		}
	}
	paths := map[string]int{}
	for _, s := range r.of("handler") {
		paths[s.Op]++
	}
	if paths["/steps"] == 0 || paths["/both"] == 0 || len(paths) != 2 {
		t.Errorf("%s: handlers ran for %v", r.Engine, paths)
	}
}

// who is what a trace of an engine shows of who pays.
type who struct {
	engine string
	tracks []string // types that there are
	keeps  []string // steps
	gives  []string
}

// What a trace shows of a step is what the table of engines says: a step that
// keeps what runs it is one run from its beginning to its end; one that gives it
// back is several, with none of them all the way.
func TestATraceShowsWhoPays(t *testing.T) {
	t.Parallel() // who pays is the same on a busy machine
	table := []who{
		{"thread:max=40,spare=40", []string{"thread"}, []string{"awaited", "called", "computed", "blocked"}, nil},
		{"goroutine", nil, nil, nil}, // Go does not say what runs a goroutine
		{"future", []string{"worker", "loop"}, []string{"called", "computed", "blocked"}, []string{"awaited"}},
		{"loop", []string{"loop"}, []string{"called", "computed", "blocked"}, []string{"awaited"}},
		{"loop:style=cps", []string{"loop"}, []string{"called", "computed", "blocked"}, []string{"awaited"}},
		{"hybrid:loops=1", []string{"loop", "thread"}, nil, []string{"awaited"}},
		{"vthread:carriers=1", []string{"carrier"}, []string{"computed", "blocked"}, []string{"awaited", "called"}},
	}
	for half := range slices.Chunk(table, (len(table)+1)/2) {
		t.Run(half[0].engine, func(t *testing.T) {
			t.Parallel()
			showsWhoPays(t, half)
		})
	}
}

func showsWhoPays(t *testing.T, half []who) {
	var names []string
	for i, w := range half {
		cfg, err := model.ParseEngine(w.engine)
		if err != nil {
			t.Fatal(err)
		}
		half[i].engine = cfg.String()
		names = append(names, w.engine)
	}
	all, file := takeTraces(t, every, names...)
	for _, w := range half {
		r := all[w.engine]
		if r == nil {
			t.Logf("%s: the machine was too slow, what was recorded is not of the window", w.engine)
			continue
		}
		r.check(t)
		var types []string
		for _, track := range r.Tracks {
			if !slices.Contains(types, track.Type) {
				types = append(types, track.Type)
			}
			if track.Type == "thread" && !strings.HasPrefix(track.Name, "plimsoll-") {
				t.Errorf("%s: a thread of the system's is called %q", w.engine, track.Name)
			}
		}
		slices.Sort(types)
		slices.Sort(w.tracks)
		if !slices.Equal(types, w.tracks) {
			t.Errorf("%s: tracks are of %v, want %v", w.engine, types, w.tracks)
		}
		for _, op := range w.keeps {
			runs, steps := r.runsOf(op)
			for i, s := range steps {
				if len(runs[i]) != 1 || runs[i][0].T > s.T || runs[i][0].End < s.End {
					t.Errorf("%s: %s from %d to %d was run by %+v; want one from end to end", w.engine, op, s.T, s.End, deref(runs[i]))
				}
			}
			if len(steps) == 0 {
				t.Errorf("%s: no %s in the stretch", w.engine, op)
			}
		}
		for _, op := range w.gives {
			runs, steps := r.runsOf(op)
			for i, s := range steps {
				if slices.ContainsFunc(runs[i], func(run *record.Span) bool { return run.T <= s.T && run.End >= s.End }) || len(runs[i]) < 2 {
					t.Errorf("%s: %s from %d to %d was run by %+v; want its beginning and its end", w.engine, op, s.T, s.End, deref(runs[i]))
				}
			}
			if len(steps) == 0 {
				t.Errorf("%s: no %s in the stretch", w.engine, op)
			}
		}
		if branches := r.of("branch"); len(branches) == 0 || branches[0].Op != "both" {
			t.Errorf("%s: branches %+v", w.engine, deref(branches))
		}
		if strings.HasPrefix(w.engine, "vthread") && !slices.ContainsFunc(r.of("pin"), func(s *record.Span) bool { return s.Op == "blocked" && s.Track != 0 }) {
			t.Errorf("%s: what blocked pinned nothing: %+v", w.engine, deref(r.of("pin")))
		}
	}
	if len(file.Processes) != len(all) {
		t.Errorf("processes %v of %d traces", file.Processes, len(all))
	}
}

func deref(all []*record.Span) (some []record.Span) {
	for _, s := range all {
		some = append(some, *s)
	}
	return some
}

// A stretch is shorter where requests are many or have many steps, so that they
// fit.
func TestSpansOfAWorkload(t *testing.T) {
	w := &model.Workload{Routes: []model.Route{
		{Weight: 1},
		{Weight: 3, Steps: []model.Step{
			{Verb: model.Hold, Steps: []model.Step{{Verb: model.Await}}},
			{Verb: model.Choice, Branches: []model.Branch{{P: 0.5, Steps: []model.Step{{Verb: model.Call}}}, {P: 0.5}}},
			{Verb: model.Parallel, Branches: []model.Branch{{Steps: []model.Step{{Verb: model.Await}}}, {}}},
		}},
	}}
	// Of the second: hold and await, half a call, the parallel with two branches and an await.
	if got, want := spans(w), (3+3*(3+2.5*(2+0.5+4)))/4; got != want {
		t.Errorf("%v, want %v", got, want)
	}
}

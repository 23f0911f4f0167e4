package traceevent

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"

	"github.com/plimsoll-dev/plimsoll/record"
)

// Write writes the file. The error is [ErrNone] if there is nothing to write.
func (t *Traces) Write(out io.Writer) error {
	if len(t.traces) == 0 {
		return ErrNone
	}
	about := map[string]any{}
	if t.meta != nil {
		about["tool"] = t.meta.Tool
		if t.meta.Workload != nil {
			about["workload"] = t.meta.Workload.Name
		}
	}
	head, err := json.Marshal(about)
	if err != nil {
		return fmt.Errorf("trace: %w", err)
	}
	w := &writer{Writer: bufio.NewWriter(out)}
	fmt.Fprintf(w, `{"displayTimeUnit":"ms","otherData":%s,"traceEvents":[`+"\n", head)
	tid := firstThread
	for i, tr := range t.traces {
		tid = tr.write(w, i+1, tid)
	}
	_, _ = w.WriteString("\n]}\n")
	if err := w.Flush(); err != nil {
		return fmt.Errorf("trace: %w", err)
	}
	return w.err
}

// firstThread keeps the numbers of tracks and of processes apart: where they
// are the same, viewers take the track for the process's main thread.
const firstThread = 1000

// An arrow leads from where a strand stopped to where it went on.
type arrow struct{ in, out int }

// write writes one engine's trace as a process whose tracks are numbered from
// tid, and returns the next number.
func (t *traced) write(w *writer, pid, tid int) int {
	s := t.sort()
	w.describe(pid, pid, "process_name", "name", t.Engine)
	w.describe(pid, pid, "process_sort_index", "sort_index", pid)
	w.describe(pid, pid, "process_labels", "labels", t.labels())
	arrows := t.arrows(s, w)
	for _, track := range t.trackOrder() {
		w.describe(pid, tid, "thread_name", "name", trackName(t.Tracks[track-1]))
		w.describe(pid, tid, "thread_sort_index", "sort_index", tid)
		t.writeTrack(w, pid, tid, t.trackSlices(s, track, arrows))
		tid++
	}
	for _, k := range s.strands {
		if lone(s.byStrand[k]) {
			continue
		}
		id := fmt.Sprintf("%d:%d", pid, k.request)
		if k.branch != 0 {
			id += fmt.Sprintf("/%d", k.branch)
		}
		async := func(phase string, x *slice, at int64) event {
			return event{Name: x.name, Cat: isRequest, Phase: phase, At: micros(at), PID: pid, TID: pid, ID: id}
		}
		nest(t.strandSlices(s, k), func(x *slice) {
			e := async(asyncBegin, x, x.from)
			e.Args = x.args
			w.put(e)
		}, func(x *slice) { w.put(async(asyncEnd, x, x.to)) })
	}
	for _, x := range s.rejects {
		if at := x.T - t.T; at >= 0 && x.T <= t.End {
			w.put(event{Name: "rejected: a queue is full", Cat: isReject, Phase: instant, At: micros(at), PID: pid, TID: pid, Scope: "p"})
		}
	}
	if t.Dropped > 0 {
		w.put(event{Name: t.missing(), Cat: "trace", Phase: instant, At: micros(t.End - t.T), PID: pid, TID: pid, Scope: "p"})
	}
	return tid
}

func (t *traced) writeTrack(w *writer, pid, tid int, all []slice) {
	flow := func(phase string, n int, at int64) {
		w.put(event{Name: "goes on", Cat: "flow", Phase: phase, At: micros(at), PID: pid, TID: tid, ID: fmt.Sprint(n), Bind: "e"})
	}
	nest(all, func(x *slice) {
		w.put(event{Name: x.name, Cat: x.cat, Phase: begin, At: micros(x.from), PID: pid, TID: tid, Args: x.args})
		if x.in != 0 {
			flow(flowEnd, x.in, x.from)
		}
	}, func(x *slice) {
		if x.out != 0 {
			flow(flowBegin, x.out, x.to)
		}
		w.put(event{Phase: end, At: micros(x.to), PID: pid, TID: tid})
	})
}

// arrows numbers the arrows between runs that are inside the stretch.
func (t *traced) arrows(s *sorted, w *writer) map[*record.Span]arrow {
	all := map[*record.Span]arrow{}
	for _, from := range t.spans {
		to := s.next[from]
		if to == nil || from.End <= t.T || to.T >= t.End {
			continue
		}
		w.flows++
		a, b := all[from], all[to]
		a.out, b.in = w.flows, w.flows
		all[from], all[to] = a, b
	}
	return all
}

// labels say what was traced.
func (t *traced) labels() string {
	s := fmt.Sprintf("trial %d", t.Trial)
	if t.trial != nil {
		s += fmt.Sprintf(", %.6g requests/s, %s", t.trial.Rate, t.trial.Outcome)
	}
	s += fmt.Sprintf(", %.4g ms from %.2f s on", millis(t.End-t.T), float64(t.T)/1e9)
	if t.Dropped > 0 {
		s += "; " + t.missing()
	}
	return s
}

func (t *traced) missing() string {
	return fmt.Sprintf("%d spans are missing, those that ended last: there was no room for them", t.Dropped)
}

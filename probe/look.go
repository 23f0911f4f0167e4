package probe

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/plimsoll-dev/plimsoll/record"
)

// Inside is what can be seen of a service's own processes at one moment: of one
// process and all that descend from it.
type Inside struct {
	Processes   int
	Threads     int
	CPU         time.Duration // since they began, of children that have ended as well
	Voluntary   int64         // context switches of the threads that are alive, because they waited
	Involuntary int64         // because another was to have the CPU
	CPUs        float64       // that they may use; 0: not known
	Affinity    float64       // that its affinity allows; a control group may allow it less. 0: as many
	Busy        time.Duration // CPU time that the whole machine has used on those
}

// The gauges of source [record.SourceProc] in a probe's record.
const (
	gaugeProcesses   = "processes"
	gaugeThreads     = "threads"
	gaugeCPU         = "cpu_seconds"
	gaugeCPUs        = "cpus"
	gaugeAffinity    = "affinity_cpus"
	gaugeBusy        = "machine_cpu_seconds"
	gaugeVoluntary   = "voluntary_switches"
	gaugeInvoluntary = "involuntary_switches"
)

func (i *Inside) values() map[string]float64 {
	return map[string]float64{
		gaugeProcesses: float64(i.Processes), gaugeThreads: float64(i.Threads), gaugeCPU: i.CPU.Seconds(), gaugeCPUs: i.CPUs, gaugeAffinity: i.Affinity,
		gaugeBusy: i.Busy.Seconds(), gaugeVoluntary: float64(i.Voluntary), gaugeInvoluntary: float64(i.Involuntary),
	}
}

// A lookout looks inside the service, as long as that works.
type lookout struct {
	source string
	every  time.Duration // at least, from the end of one look to the beginning of the next; at the ends of experiments it may be a fifth of that
	see    func(context.Context) (map[string]float64, error)
	asks   bool      // looking is a request to the service
	last   time.Time // when it last looked
	failed int       // times in a row
	lost   error     // why it no longer looks
	doubt  string    // what a reader has to know of what it sees; "": nothing, or it was said
}

// lostAfter is how many looks may fail in a row.
const lostAfter = 3

// look appends what there is to be seen, unless that has failed too often.
func (l *lookout) look(ctx context.Context, r *runner, rows []record.Gauge) []record.Gauge {
	if l.lost != nil || ctx.Err() != nil {
		return rows
	}
	begun := time.Now()
	values, err := l.see(ctx)
	l.last = time.Now()
	took := l.last.Sub(begun)
	switch {
	case err == nil:
		l.failed = 0
		if !l.asks { // what looking costs must not become what is seen
			l.every = max(l.every, 20*took)
		}
		return append(rows, record.Gauge{Head: r.head(), Source: l.source, Values: values})
	case errors.Is(ctx.Err(), context.Canceled): // the experiment was over before the answer came
		return rows
	case l.asks && ctx.Err() != nil: // requests may take longer than a look
		err = fmt.Errorf("there was no answer within %v", took.Round(time.Second/10))
	}
	if l.failed++; l.failed >= lostAfter {
		l.lost = err
	}
	return rows
}

// glance is a look at a service that should have little to do.
func (l *lookout) glance(ctx context.Context, r *runner, rows []record.Gauge) []record.Gauge {
	if l.asks && time.Since(l.last) < l.every/5 {
		return rows
	}
	ctx, cancel := context.WithTimeout(ctx, glanceTime)
	defer cancel()
	return l.look(ctx, r, rows)
}

// glanceTime is how long the next experiment waits for a glance, at most.
const glanceTime = 2 * time.Second

// A watch is what lookouts see from the beginning of an experiment to its end.
type watch struct {
	r    *runner
	stop context.CancelFunc
	seen []chan []record.Gauge
}

// watch looks once, goes on to look until [watch.end], and looks then again.
// Requests for metrics are sent when the experiment's own are all there: a
// service that counts them as it counts others would be one place short.
func (r *runner) watch(ctx context.Context, held <-chan struct{}) *watch {
	ctx, stop := context.WithCancel(ctx)
	w := &watch{r: r, stop: stop}
	for _, l := range r.lookouts {
		rows := l.glance(ctx, r, nil)
		seen := make(chan []record.Gauge, 1)
		w.seen = append(w.seen, seen)
		go func() {
			if l.asks {
				select {
				case <-held:
				case <-ctx.Done():
				}
			}
			for ctx.Err() == nil && l.lost == nil {
				r.pause(ctx, l.every-time.Since(l.last))
				rows = l.look(ctx, r, rows)
			}
			seen <- rows
		}()
	}
	return w
}

// end returns everything that was seen.
func (w *watch) end(ctx context.Context) (rows []record.Gauge) {
	w.stop()
	for i, l := range w.r.lookouts {
		rows = append(rows, l.glance(ctx, w.r, <-w.seen[i])...)
	}
	return rows
}

// makeLookouts makes ready what looks inside the service, and writes a warning for
// what cannot. Only that a target is not to be asked is an error.
func (r *runner) makeLookouts(ctx context.Context) error {
	var all []*lookout
	if r.cfg.Inside != nil {
		all = append(all, &lookout{source: record.SourceProc, every: procEvery, see: r.insider()})
	}
	if r.cfg.Metrics != nil {
		m, err := r.cfg.Metrics.prepareMetrics()
		if err != nil {
			return err
		}
		l := &lookout{source: record.SourceMetrics, every: metricsEvery, asks: true}
		said := false
		l.see = func(ctx context.Context) (map[string]float64, error) {
			values, left, err := r.scrape(ctx, m)
			if left > 0 && !said {
				l.doubt, said = fmt.Sprintf("--metrics: of %d series that tell of CPU time, threads or pools, the first %d on the page were looked at", mostSeries+left, mostSeries), true
			}
			return values, err
		}
		all = append(all, l)
	}
	for _, l := range all {
		_, err := l.see(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errors.Is(err, ErrNotAuthorised) {
			return fmt.Errorf("%s: %w", l.option(), err)
		}
		if err == nil {
			r.lookouts = append(r.lookouts, l)
		} else if err := r.warn(l, err); err != nil {
			return err
		}
	}
	return nil
}

// insider returns what looks at the service's processes; at any other's it does
// not look: theirs would be evidence of nothing.
func (r *runner) insider() func(context.Context) (map[string]float64, error) {
	if service, err := netip.ParseAddrPort(r.reached[r.heavy.address]); err == nil && r.cfg.Serves != nil {
		if err := r.cfg.Serves(service); err != nil {
			return func(context.Context) (map[string]float64, error) { return nil, err }
		}
	}
	return func(context.Context) (map[string]float64, error) {
		i, err := r.cfg.Inside()
		return i.values(), err
	}
}

// How often the service is looked into.
const (
	procEvery    = 200 * time.Millisecond
	metricsEvery = 500 * time.Millisecond
)

func (l *lookout) option() string {
	if l.source == record.SourceMetrics {
		return "--metrics"
	}
	return "--pid"
}

// warn says that the probe goes on without a lookout.
func (r *runner) warn(l *lookout, err error) error {
	return r.write(record.Warning{Head: r.head(), Code: "no-" + l.source, Text: fmt.Sprintf("%s: %v; the probe goes on without it", l.option(), err)})
}

// missLost writes a warning for each lookout that has failed too often, and
// leaves it out from now on; and for one that does not see everything.
func (r *runner) missLost() error {
	var left []*lookout
	for _, l := range r.lookouts {
		if l.doubt != "" {
			if err := r.write(record.Warning{Head: r.head(), Code: "part-of-" + l.source, Text: l.doubt}); err != nil {
				return err
			}
			l.doubt = ""
		}
		if l.lost == nil {
			left = append(left, l)
		} else if err := r.warn(l, l.lost); err != nil {
			return err
		}
	}
	r.lookouts = left
	return nil
}

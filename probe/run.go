package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/plimsoll-dev/plimsoll/record"
)

// Defaults of a [Config].
const (
	DefaultConcurrency  = 512
	DefaultTime         = 3 * time.Minute
	DefaultCanaryBudget = 30 * time.Second
	DefaultShortest     = 100 // of what stands for {ms}
	DefaultLongest      = 400
)

// Config is what to probe, and how far.
type Config struct {
	Heavy  Request
	Canary *Request // a cheap route of the same service; nil: none is known

	Inside  func() (Inside, error)     // looks at the service's processes; it is called by one goroutine at a time. nil: they are not here
	Serves  func(netip.AddrPort) error // says why those are not what listens at an address, and then they are not looked at; nil: they are
	Machine func() (Machine, error)    // says what the CPUs of this machine did, if the service is on it. nil: nothing is known
	Metrics *Request                   // what Prometheus scrapes of the service; nil: nothing is known

	// What stands for {ms} in the heavy URL, in milliseconds: the geometric mean
	// of these two, and each of them where it is asked what that changes. 0:
	// [DefaultShortest], [DefaultLongest].
	Shortest, Longest int

	MaxConcurrency int           // requests in flight at once; 0: [DefaultConcurrency]. In all there are at most 30 times as many.
	MaxTime        time.Duration // 0: [DefaultTime]
	CanaryBudget   time.Duration // a canary that waits longer ends the probe; 0: [DefaultCanaryBudget]
	Authorised     bool          // the target may be another machine
	AllowUnsafe    bool          // methods that change something may be used

	TLS *tls.Config // nil: the system's roots

	// Dial opens connections: the first to a host by the name in the URL, all others
	// to the address that this one reached, so that one service is probed where a
	// name stands for several.
	Dial func(ctx context.Context, network, address string) (net.Conn, error) // nil: a [net.Dialer]

	Progress func(Progress) // called before each experiment; nil: nobody wants to know
}

// Progress is what a prober is about to do.
type Progress struct {
	Elapsed    time.Duration
	Experiment record.Experiment
}

// Check says what is wrong with the configuration, and what to write instead.
func (c *Config) Check() error {
	if err := c.Heavy.check("--heavy"); err != nil {
		return err
	}
	if c.Canary != nil {
		if c.Canary.hasMillis() {
			return errors.New("--canary contains {ms}, which only --heavy may; write a cheap route that takes always the same")
		}
		if err := c.Canary.check("--canary"); err != nil {
			return err
		}
		if c.Canary.URL == c.Heavy.URL && c.Canary.method() == c.Heavy.method() {
			return errors.New("--canary and --heavy are the same; write a cheap route, as a health check, or leave --canary out")
		}
	}
	if m := c.Metrics; m != nil {
		if m.hasMillis() || m.method() != http.MethodGet {
			return errors.New("--metrics is asked for with GET and has no {ms}; write the URL that Prometheus scrapes, as http://HOST:PORT/metrics")
		}
		if err := m.check("--metrics"); err != nil {
			return err
		}
	}
	if err := c.checkMillis(); err != nil {
		return err
	}
	for _, r := range []*Request{&c.Heavy, c.Canary} {
		if r != nil && !r.safe() && !c.AllowUnsafe {
			return fmt.Errorf("%s may change something at the service, thousands of times; if that does no harm, write --allow-unsafe", r.Method)
		}
	}
	switch {
	case c.MaxConcurrency < 0 || c.MaxConcurrency == 1 || c.MaxConcurrency > 10_000:
		return fmt.Errorf("--max-concurrency=%d: write a number from 2 to 10000", c.MaxConcurrency)
	case c.MaxTime < 0 || c.CanaryBudget < 0:
		return errors.New("--max-time and --canary-budget must not be negative")
	}
	return nil
}

func (c *Config) fill() {
	if c.MaxConcurrency == 0 {
		c.MaxConcurrency = DefaultConcurrency
	}
	if c.MaxTime == 0 {
		c.MaxTime = DefaultTime
	}
	if c.CanaryBudget == 0 {
		c.CanaryBudget = DefaultCanaryBudget
	}
	if c.Shortest == 0 && c.Longest == 0 {
		c.Shortest, c.Longest = DefaultShortest, DefaultLongest
	}
	if c.Dial == nil {
		authorised := c.Authorised
		d := &net.Dialer{Control: func(network, address string, _ syscall.RawConn) error {
			a, err := net.ResolveTCPAddr(network, address) // an address already, not a name
			if err != nil {
				return err
			}
			return Allowed(a, authorised) // before a single packet is sent
		}}
		d.SetMultipathTCP(false)
		c.Dial = d.DialContext
	}
}

// options is what a record says of the configuration: nothing of headers and
// bodies, which may hold secrets, and URLs without theirs.
func (c *Config) options() map[string]any {
	o := map[string]any{
		optionTarget: c.Heavy.shown(), optionMethod: c.Heavy.method(),
		optionConcurrency: c.MaxConcurrency, optionTime: int64(c.MaxTime), optionBudget: int64(c.CanaryBudget),
	}
	if c.Canary != nil {
		o[optionCanary] = c.Canary.shown()
	}
	if c.Heavy.hasMillis() {
		o[optionShortest], o[optionMillis], o[optionLongest] = c.Shortest, c.millis(), c.Longest
	}
	if c.Metrics != nil {
		o[optionMetrics] = c.Metrics.shown()
	}
	if c.Inside != nil {
		o[optionInside] = true
	}
	if c.Authorised {
		o[optionAuthorised] = true
	}
	if c.TLS != nil && c.TLS.InsecureSkipVerify {
		o[optionInsecure] = true
	}
	return o
}

// A RowWriter takes the rows of a record; [record.Writer] is one.
type RowWriter interface{ Write(record.Row) error }

// Run probes a service and writes what it sees. It fills in the meta row, whose
// Tool, Args and Host are the caller's. It returns an error if the service
// cannot be probed; what was seen until then is in the record.
//
// Run leaves the service as it found it: every connection is closed, and it has
// waited until the canary was as quick as before.
func Run(ctx context.Context, cfg Config, w RowWriter, meta record.Meta) error {
	if err := cfg.Check(); err != nil {
		return err
	}
	cfg.fill()
	r := &runner{cfg: &cfg, history: new(History), reached: map[string]string{}, w: w, start: time.Now()}
	if err := r.prepare(); err != nil {
		return err
	}
	meta.Format, meta.Command, meta.Started = record.Format, "probe", r.start.UTC()
	meta.Options = cfg.options()
	if err := r.write(meta); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, cfg.MaxTime)
	defer cancel()
	if err := r.begin(limited); err != nil {
		switch {
		case ctx.Err() != nil:
			return r.ended(ctx, endInterrupted)
		case limited.Err() != nil:
			return fmt.Errorf("--max-time=%v was over before every route had answered once; allow more, or write a route that takes less", cfg.MaxTime)
		}
		return err
	}
	return r.loop(ctx, limited)
}

// begin finds out whether the service is there, and can be looked into.
func (r *runner) begin(ctx context.Context) error {
	if err := r.reach(ctx); err != nil {
		return err
	}
	if err := r.makeLookouts(ctx); err != nil && ctx.Err() == nil {
		return err
	}
	var err error
	if r.machine, err = r.interference(ctx); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

// ended writes why the probe has ended; it returns that it was interrupted, if it
// was.
func (r *runner) ended(ctx context.Context, end string) error {
	if err := r.stolen(r.machine); err != nil {
		return err
	}
	if err := r.write(record.Event{Head: r.head(), Name: eventEnded, Attrs: map[string]any{"end": end}}); err != nil {
		return err
	}
	return ctx.Err()
}

// allowed is how many more requests may be sent.
func (r *runner) allowed() int { return 30*r.cfg.MaxConcurrency - r.history.Requests }

// loop makes one experiment after the other.
func (r *runner) loop(ctx, limited context.Context) error {
	for {
		e, more := Next(r.history)
		end := ""
		switch {
		case ctx.Err() != nil:
			end = endInterrupted
		case limited.Err() != nil:
			end = endTime
		case r.over:
			end = endCanary
		case r.history.changed() != "":
			end = endChanged
		case more && cost(&e) > r.allowed():
			end = endRequests
		case !more:
			end = endCompleted
		}
		if end != "" {
			if end != endCompleted {
				r.leave(ctx)
			}
			return r.ended(ctx, end)
		}
		if err := r.make(limited, e); err != nil {
			return err
		}
		if err := r.history.sensible(); err != nil {
			return err
		}
	}
}

// farewell is how long a probe that was cut short looks after the service.
const farewell = 5 * time.Second

// leave waits, after a probe that was cut short, until the service answers
// again; what it sees goes into the record, if that can be written.
func (r *runner) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	e, _ := isFreeAgain(&assessment{h: r.history})
	if e.What != "" {
		_ = r.make(ctx, e) // the record's own error comes again as the end is written
	}
}

// A runner makes experiments on real connections. It is used by one goroutine;
// those that it starts have ended when a method returns.
type runner struct {
	cfg     *Config
	heavy   *message         // of the experiment that is made
	heavies map[int]*message // by what stands for {ms}
	canary  *message         // nil: none
	history *History
	reached map[string]string // the address that a host and port turned out to be; written before the first experiment
	w       RowWriter
	start   time.Time
	conns   atomic.Int64

	lookouts []*lookout
	held     func()  // to be called when all requests of an experiment are with the service
	over     bool    // the canary's budget is used up
	machine  Machine // before the first experiment
}

// make makes one experiment and writes what came of it.
func (r *runner) make(ctx context.Context, e record.Experiment) error {
	e.ID = len(r.history.Experiments) + 1
	if r.cfg.Progress != nil {
		r.cfg.Progress(Progress{time.Duration(r.now()), e})
	}
	r.pause(ctx, time.Duration(e.Pause))
	held := make(chan struct{})
	r.held = sync.OnceFunc(func() { close(held) })
	if e.What != record.ExperimentWave {
		r.held()
	}
	if e.Millis == 0 {
		e.Millis = r.history.millis()
	}
	r.heavy = r.heavies[e.Millis]
	inside := r.watch(ctx, held)
	e.T = r.now()
	timers := watchTimers()
	rows := experiments[e.What](r, ctx, &e)
	e.Late = int64(timers.stop())
	e.End = r.now()
	gauges := inside.end(ctx)
	service := r.service()
	if late := time.Duration(e.Late); late > max(20*time.Millisecond, service/4) && e.What != record.ExperimentBaseline && e.What != record.ExperimentSustain {
		e.Disturbed = fmt.Sprintf("the prober's own timers were %v late", late.Round(time.Millisecond))
	}
	if ctx.Err() != nil {
		e.Disturbed = "it was cut short"
	}
	for i := range rows {
		rows[i].Trial = e.ID
		if rows[i].T == 0 {
			rows[i].T = rows[i].Intended
		}
		if c := rows[i]; c.Route == record.RouteCanary && c.Done-c.Intended > int64(r.cfg.CanaryBudget) {
			r.over = true
		}
		if err := r.write(rows[i]); err != nil {
			return err
		}
	}
	for i := range gauges {
		gauges[i].Trial = e.ID
		if err := r.write(gauges[i]); err != nil {
			return err
		}
	}
	if err := r.missLost(); err != nil {
		return err
	}
	return r.write(e)
}

// experiments are what can be made.
var experiments = map[string]func(*runner, context.Context, *record.Experiment) []record.Request{
	record.ExperimentBaseline: (*runner).baseline,
	record.ExperimentWave:     (*runner).wave,
	record.ExperimentIdle:     (*runner).idle,
	record.ExperimentSustain:  (*runner).sustain,
	record.ExperimentSettle:   (*runner).settle,
}

func (r *runner) write(row record.Row) error {
	if err := r.w.Write(row); err != nil {
		return err
	}
	return r.history.Add(row)
}

func (r *runner) now() int64        { return int64(time.Since(r.start)) + 1 } // 0 means never
func (r *runner) head() record.Head { return record.Head{T: r.now()} }

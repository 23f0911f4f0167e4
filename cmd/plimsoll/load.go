package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/host"
	generator "github.com/plimsoll-dev/plimsoll/load" // load is a function of this package
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// loadCmd sends requests to a service and says how it answered.
type loadCmd struct {
	URL         string        `arg:"" name:"url" help:"What to ask for: http://HOST:PORT/PATH."`
	Rate        float64       `short:"r" placeholder:"N" help:"Arrivals per second, whether or not earlier ones were answered (open loop)."`
	Connections int           `short:"c" placeholder:"N" help:"Closed loop instead: N connections, each of which sends its next request when the one before has ended."`
	For         time.Duration `short:"d" default:"10s" placeholder:"TIME" help:"How long (${default})."`
	Arrivals    string        `default:"poisson" placeholder:"KIND" help:"poisson, constant, or bursts:N for N at once (${default})."`
	Method      string        `short:"X" help:"Request method; GET, or POST with a body."`
	Header      []string      `short:"H" sep:"none" placeholder:"NAME:VALUE" help:"A request header; repeat for each."`
	Body        string        `placeholder:"TEXT" help:"The request's body; @FILE takes it from a file."`
	Timeout     time.Duration `default:"10s" placeholder:"TIME" help:"After which a request has failed, from when it was due (${default})."`
	InFlight    int           `default:"10000" placeholder:"N" help:"Requests open at once; one that is due past that has failed (${default})."`
	Preopen     int           `default:"1" placeholder:"N" help:"Connections to open before the start (${default}); 0 starts also where nothing listens."`
	Within      time.Duration `placeholder:"TIME" help:"Count the requests answered within that time of when they were due."`
	Ratio       float64       `placeholder:"SHARE" help:"Exit with 1 if a smaller share than this, as 0.99, was answered within --within."`
	Seed        uint64        `default:"1" help:"The same seed gives the same arrivals (${default})."`
	Record      string        `type:"path" placeholder:"FILE" help:"Write a record of the run, which report reads; header values, the body, and the values of parameters such as token are not in it."`
	JSON        string        `name:"json" placeholder:"FILE" help:"Write the result as JSON; - for standard output, with nothing else there."`
}

// Help shows both loops.
func (loadCmd) Help() string {
	return `Latency counts from when a request was due, so a stall of the service is in the latency of every request that was due meanwhile.

Examples:
  plimsoll load --rate 500 --for 30s http://127.0.0.1:8080/search
  plimsoll load --rate 500 --within 1s --ratio 0.99 http://127.0.0.1:8080/ || echo too slow
  plimsoll load --rate 500 --record run.jsonl http://127.0.0.1:8080/; plimsoll report run.jsonl
  plimsoll load --connections 64 http://127.0.0.1:8080/`
}

// Run sends the load, and prints what came of it also if it was interrupted.
func (c *loadCmd) Run(ctx context.Context, s streams) error {
	cfg, err := c.config()
	if err != nil {
		return usageErr(err)
	}
	files := outputs{json: c.JSON, record: c.Record}
	if err := files.check(); err != nil {
		return usageErr(err)
	}
	// The sending thread must not wait for a processor that the collector has.
	runtime.GOMAXPROCS(max(2, runtime.GOMAXPROCS(0)))
	p := newProgress(s.err)
	stop := c.follow(&cfg, p)
	measured, err := c.measure(ctx, cfg)
	stop()
	p.end()
	if measured == nil {
		return err
	}
	if err := errors.Join(err, show(measured, files, s.out)); err != nil {
		return err
	}
	if measured.sum.End == generator.Cancelled {
		return ctx.Err()
	}
	return measured.outcome()
}

// measure runs the load. With a record, what it returns is derived from that
// alone, as `report` does; if the record could not be written to its end, there
// is an error too.
func (c *loadCmd) measure(ctx context.Context, cfg generator.Config) (*loaded, error) {
	if c.Record == "" {
		sum, err := generator.Run(ctx, cfg, nil)
		if err != nil {
			return nil, err
		}
		return &loaded{cfg: cfg, sum: sum, ratio: c.Ratio}, nil
	}
	w, err := record.Create(c.Record)
	if err != nil {
		return nil, usageErr(err)
	}
	sum, err := generator.Record(ctx, cfg, w, c.meta())
	if err := errors.Join(err, w.Close()); err != nil {
		if sum.End == "" { // there was no run
			return nil, err
		}
		return &loaded{cfg: cfg, sum: sum, ratio: c.Ratio}, err
	}
	r, err := readRecord(c.Record)
	if err != nil {
		return nil, err
	}
	return r.(*loaded), nil
}

// meta is what the record says of who asked, and where.
func (c *loadCmd) meta() record.Meta {
	meta := record.Meta{Tool: version(), Args: withoutSecrets(os.Args[1:]), Host: record.Host(host.Describe())}
	if c.Ratio > 0 {
		meta.Options = map[string]any{optionRatio: c.Ratio}
	}
	return meta
}

// maxConnections is how many ports there are to connect from to one address.
const maxConnections = 1<<16 - 1

func (c *loadCmd) config() (generator.Config, error) {
	switch {
	case c.Rate == 0 && c.Connections == 0:
		return generator.Config{}, fmt.Errorf("no load: write --rate N for arrivals per second, or --connections N for a closed loop")
	case c.Rate != 0 && c.Connections != 0:
		return generator.Config{}, fmt.Errorf("--rate is an open loop and --connections a closed one; write one of them")
	case c.Rate > workload.MaxRate:
		return generator.Config{}, fmt.Errorf("--rate=%g is more than any generator can send; write %.0f at most", c.Rate, float64(workload.MaxRate))
	case c.Connections > maxConnections:
		return generator.Config{}, fmt.Errorf("--connections=%d is more than one address has ports; write %d at most", c.Connections, maxConnections)
	case c.Ratio < 0 || c.Ratio > 1:
		return generator.Config{}, fmt.Errorf("--ratio=%v is not a share; write one from 0 to 1, as 0.99", c.Ratio)
	case c.Ratio > 0 && c.Within == 0:
		return generator.Config{}, fmt.Errorf("--ratio needs a time; write --within TIME too")
	}
	target, path, err := generator.SplitURL(c.URL)
	if err != nil {
		return generator.Config{}, err
	}
	arrivals, err := parseArrivals(c.Arrivals)
	if err != nil {
		return generator.Config{}, err
	}
	route := generator.Route{Method: c.Method, Path: path, Body: []byte(c.Body)}
	if file, ok := strings.CutPrefix(c.Body, "@"); ok {
		if route.Body, err = readGiven(file, maxBody); err != nil {
			return generator.Config{}, fmt.Errorf("--body: %w", err)
		}
	}
	if route.Method == "" && len(route.Body) > 0 {
		route.Method = "POST"
	}
	for _, h := range c.Header {
		name, value, ok := strings.Cut(h, ":")
		if !ok {
			return generator.Config{}, errors.New("a --header has no colon; write NAME:VALUE") // which of them is not said: it may be a secret
		}
		route.Header = append(route.Header, generator.Header{Name: name, Value: strings.TrimSpace(value)})
	}
	cfg := generator.Config{
		Target: target, Routes: []generator.Route{route}, Arrivals: arrivals, Seed: c.Seed,
		Stages: []model.Stage{{For: c.For, Rate: c.Rate}}, Closed: c.Connections,
		Timeout: c.Timeout, InFlight: c.InFlight, Within: c.Within, Preopen: c.Preopen,
	}
	return cfg, cfg.Check()
}

// parseArrivals reads poisson, constant and bursts:N.
func parseArrivals(text string) (model.Arrivals, error) {
	kind, n, sized := strings.Cut(text, ":")
	a := model.Arrivals{Kind: model.ArrivalKind(kind)}
	var err error
	switch {
	case a.Kind == model.Bursts && sized:
		a.Burst, err = strconv.Atoi(n)
	case a.Kind == model.Bursts, a.Kind != model.Poisson && a.Kind != model.Constant, sized:
		err = strconv.ErrSyntax
	}
	if err != nil || a.Kind == model.Bursts && a.Burst < 1 {
		return a, fmt.Errorf("--arrivals %q: write poisson, constant, or bursts:N with N requests at once, as bursts:20", text)
	}
	return a, nil
}

// follow shows a line of progress each second, on a terminal.
func (c *loadCmd) follow(cfg *generator.Config, p *progress) (stop func()) {
	if !p.terminal {
		return func() {}
	}
	ticks, done := make(chan generator.Tick, 1), make(chan struct{})
	var shown generator.Tick
	cfg.Stop = func(t generator.Tick) bool {
		if t.At >= shown.At+time.Second {
			shown = t
			select {
			case ticks <- t:
			default: // the terminal is slow; sending is not to wait for it
			}
		}
		return false
	}
	go func() {
		defer close(done)
		var last generator.Tick
		for t := range ticks {
			span := (t.At - last.At).Seconds()
			p.erase()
			text := []rune(fmt.Sprintf("%4.0f s of %v   asked %.0f/s   answered %.0f/s   in flight %d   failed %d",
				t.At.Seconds(), c.For, float64(t.Arrivals-last.Arrivals)/span, float64(t.Outcomes[generator.OK]-last.Outcomes[generator.OK])/span, t.InFlight, t.Counts.Failed()))
			fmt.Fprint(p.w, string(text[:min(len(text), p.width-1)]))
			last = t
		}
	}()
	return func() { close(ticks); <-done }
}

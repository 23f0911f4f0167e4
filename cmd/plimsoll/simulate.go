package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/costs"
	"github.com/plimsoll-dev/plimsoll/internal/forecast"
	"github.com/plimsoll-dev/plimsoll/internal/lab"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/sim"
	"github.com/plimsoll-dev/plimsoll/workload"
)

type simulateCmd struct {
	Workload  string        `arg:"" help:"Name of a built-in workload, or path of a document."`
	Engine    []string      `short:"e" sep:"none" placeholder:"ENGINE" help:"Engine to simulate it under, as thread:max=500,spare=50; repeat for each. Default: those of the workload."`
	Rate      *float64      `placeholder:"N" help:"Requests per second: what happens there. Default: the load line is searched."`
	Duration  time.Duration `default:"60s" placeholder:"TIME" help:"With --rate, the virtual time that is looked at, in whole seconds. Default: 60s."`
	CPUs      int           `name:"cpus" default:"1" placeholder:"N" help:"CPUs that the server has, or each instance of it. Default: 1."`
	Instances int           `default:"1" placeholder:"N" help:"Identical instances of the service, behind a balancer. Default: 1."`
	Balancer  string        `placeholder:"POLICY" help:"How the balancer chooses an instance: random, round-robin, least-connections or two-choices. Default: round-robin."`
	Retries   int           `default:"0" placeholder:"N" help:"How often clients send a request again that timed out or was answered 503, each time with the whole timeout before it. Default: 0."`
	Backoff   time.Duration `default:"100ms" placeholder:"TIME" help:"With --retries: clients wait for a random time up to this before the first one, up to twice as long before the second and so on. Default: 100ms."`
	Costs     string        `type:"path" placeholder:"FILE" help:"What switches, requests and memory cost on the machine in question. Default: what calibrate measured here, or else those of the machine that the project was developed on."`
	Seed      *uint64       `placeholder:"N" help:"Of everything drawn at random. Default: the workload's."`
	Record    string        `type:"path" placeholder:"FILE" help:"Where the record goes. Default: a file named after the workload and the time."`
	JSON      string        `name:"json" placeholder:"FILE" help:"Write the verdict as JSON; - for standard output, with nothing else there."`
	HTML      string        `name:"html" type:"path" placeholder:"FILE" help:"Write the report as one HTML page."`
}

func (simulateCmd) Help() string {
	return `Runs the workload in virtual time, under simulated engines that follow the same rules as the real ones, and prints what compare would: each engine's load line, wall and cost, or with --rate how it is at one rate. It opens no socket, takes seconds, and simulates machines that nobody has here. What it says of CPU and memory is as good as the costs it is given.

Examples:
  plimsoll simulate black-friday
  plimsoll simulate black-friday -e thread:max=200 -e vthread --cpus 4
  plimsoll simulate black-friday -e thread:max=200 --rate 1200
  plimsoll simulate black-friday --instances 4 --balancer least-connections
  plimsoll simulate ./my-service.yaml --rate 500 --duration 1h --json -`
}

func (c *simulateCmd) Run(ctx context.Context, s streams) error {
	o, err := c.options(ctx, s)
	if err != nil {
		return usageErr(err)
	}
	files := outputs{json: c.JSON, html: c.HTML, record: c.Record}
	if err := files.check(); err != nil {
		return usageErr(err)
	}
	w, path, err := createRecord(c.Record, "simulated-"+o.Document.Workload.Name, time.Now())
	if err != nil {
		return usageErr(err)
	}
	p, begun := newProgress(s.err), time.Now()
	for _, warning := range o.Document.Warnings {
		p.line("warning: " + warning.String())
	}
	o.Record, o.Tool, o.Args = w, version(), os.Args[1:]
	o.Progress = func(t *record.Trial) {
		p.show(lab.Progress{Elapsed: time.Since(begun), Engine: t.Engine, Trial: t})
	}
	runErr := forecast.Run(ctx, o)
	p.end()
	return conclude(runErr, w, path, files, s, fmt.Sprintf("simulated with %s, and %s\n", machines(o), o.Costs))
}

// machines says in words what the service runs on, and for whom.
func machines(o forecast.Options) string {
	text := fmt.Sprintf("%d CPU(s)", o.CPUs)
	if o.Instances > 1 {
		text = fmt.Sprintf("%d instances of %s each behind a %s balancer", o.Instances, text, o.Balancer)
	}
	if o.Retries > 0 {
		text += fmt.Sprintf(", clients that retry up to %d times", o.Retries)
	}
	return text
}

// options makes the flags into what to simulate.
func (c *simulateCmd) options(ctx context.Context, s streams) (o forecast.Options, err error) {
	if c.Workload == workload.SuiteName {
		return o, errors.New("claims are about real engines; compare runs them\n  write the name of one workload, as black-friday")
	}
	if o.Costs, err = costs.Choose(c.Costs); err != nil {
		return o, err
	}
	if o.CPUs = c.CPUs; o.CPUs < 1 || o.CPUs > maxCPUs {
		return o, fmt.Errorf("--cpus is %d; write a number from 1 to %d", c.CPUs, maxCPUs)
	}
	if o.Instances = c.Instances; o.Instances < 1 || o.Instances > sim.MaxInstances {
		return o, fmt.Errorf("--instances is %d; write a number from 1 to %d", c.Instances, sim.MaxInstances)
	}
	if o.Balancer, err = model.ParseBalancer(c.Balancer); err != nil {
		return o, fmt.Errorf("--balancer: %w", err)
	}
	if c.Balancer != "" && o.Instances == 1 {
		return o, errors.New("--balancer says how requests are given to several instances; add --instances=4, for example")
	}
	if o.Retries, o.Backoff = c.Retries, c.Backoff; o.Retries < 0 || o.Retries > maxRetries {
		return o, fmt.Errorf("--retries is %d; write a number from 0 to %d", c.Retries, maxRetries)
	}
	if o.Backoff < 0 || o.Backoff > time.Hour {
		return o, fmt.Errorf("--backoff is %s; write a time up to 1h, as 100ms", c.Backoff)
	}
	if o.Document, err = readDocument(ctx, s, c.Workload); err != nil {
		return o, err
	}
	if o.Engines, err = (&compareCmd{Engine: c.Engine}).engines(o.Document.Workload); err != nil {
		return o, err
	}
	if c.Seed != nil {
		if o.Document, err = forecast.Seeded(o.Document, *c.Seed); err != nil {
			return o, err
		}
	}
	switch {
	case c.Rate != nil && !(*c.Rate > 0 && *c.Rate <= workload.MaxRate):
		return o, fmt.Errorf("--rate is %g; write requests per second, as 500, above zero and up to %g; leave it out to have the load line searched", *c.Rate, workload.MaxRate)
	case c.Duration <= 0 || c.Duration%time.Second != 0 || c.Duration > workload.MaxTime:
		return o, fmt.Errorf("--duration is %s; write whole seconds up to %s, as 60s or 1h", c.Duration, workload.MaxTime)
	case c.Rate != nil:
		o.Document, err = forecast.AtRate(o.Document, *c.Rate, c.Duration)
	}
	return o, err
}

// maxRetries is more than any client makes.
const maxRetries = 100

// maxCPUs is more than any machine has.
const maxCPUs = 4096

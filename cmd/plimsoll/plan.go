package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/costs"
	"github.com/plimsoll-dev/plimsoll/internal/forecast"
	"github.com/plimsoll-dev/plimsoll/internal/host"
	"github.com/plimsoll-dev/plimsoll/internal/plan"
	"github.com/plimsoll-dev/plimsoll/internal/report"
	"github.com/plimsoll-dev/plimsoll/internal/report/page"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/sim"
	"github.com/plimsoll-dev/plimsoll/workload"
)

type planCmd struct {
	Workload     string   `arg:"" help:"Name of a built-in workload, or path of a document."`
	Rate         float64  `required:"" placeholder:"N" help:"Requests per second that are to be held."`
	Engine       []string `short:"e" sep:"none" placeholder:"ENGINE" help:"Engine to plan, as thread or vthread:pinning=jdk21; repeat for each. Its sizes are found. Default: those of the workload."`
	CPUs         *int     `name:"cpus" placeholder:"N" help:"CPUs of each instance. Default: as many as this machine lets us use."`
	Balancer     string   `placeholder:"POLICY" help:"How requests are given to instances: round-robin (the default), random, least-connections or two-choices."`
	MaxInstances int      `default:"1000" placeholder:"N" help:"Instances that there may be (${default})."`
	Keep         []string `sep:"none" placeholder:"RESOURCE" help:"A resource whose size, in each instance, is not ours to choose; repeat for each."`
	Burst        int      `default:"500" placeholder:"N" help:"What if so many requests come at once (${default}); 0: not asked."`
	Vary         []string `sep:"none" placeholder:"SIZE=LOW..HIGH" help:"What if a size is another, as thread.max=100..1000, inventory-pool.size=20..200/20 or instances=1,2,4. Two make a grid."`
	Price        string   `placeholder:"PRICE" help:"Of an hour of an instance, as 0.17, or of a GiB, as 0.004/GiB."`
	Costs        string   `type:"path" placeholder:"FILE" help:"What switches, requests and memory cost on the machine in question. Default: what calibrate measured here, or else those of the machine that the project was developed on."`
	Seed         *uint64  `placeholder:"N" help:"Of everything drawn at random. Default: the workload's."`
	Record       string   `type:"path" placeholder:"FILE" help:"Where the record of every trial goes. Default: a file named after the workload and the time."`
	JSON         string   `name:"json" placeholder:"FILE" help:"Write the plan as JSON; - for standard output, with nothing else there."`
	HTML         string   `name:"html" type:"path" placeholder:"FILE" help:"Write the plan as one HTML page."`
}

func (planCmd) Help() string {
	return `Says how much a workload needs for a rate, by simulating it: for each engine the fewest instances and the smallest pools that hold the objective, their memory, what stops them next, what becomes of them if something is twice as slow, if a burst comes or an instance is lost, and what rules of thumb would have said. It opens no socket, and takes seconds, or says beforehand how long. What it says of CPU and memory is as good as the costs it is given.

Examples:
  plimsoll plan black-friday --rate 5000
  plimsoll plan black-friday --rate 5000 --vary 'thread.max=100..1000' --vary 'inventory-pool.size=20..200'
  plimsoll plan black-friday --rate 100000 -e thread -e vthread --cpus 16 --price 0.68
  plimsoll plan ./my-service.yaml --rate 500 --keep database-pool --html plan.html --json plan.json`
}

func (c *planCmd) Run(ctx context.Context, s streams) error {
	o, err := c.options(ctx, s)
	files := outputs{json: c.JSON, html: c.HTML, record: c.Record}
	if err == nil {
		err = files.check()
	}
	if err != nil {
		return usageErr(err)
	}
	long, err := foretell(&o, runtime.GOMAXPROCS(0))
	if err != nil {
		return err
	}
	w, path, err := createRecord(c.Record, "plan-"+o.Document.Workload.Name, time.Now())
	if err != nil {
		return usageErr(err)
	}
	p := newProgress(s.err)
	for _, warning := range o.Document.Warnings {
		p.line("warning: " + warning.String())
	}
	if long != "" {
		p.line(long)
	}
	o.Record, o.Tool, o.Args = w, version(), os.Args[1:]
	o.Progress, o.Simulate = p.counting("trials"), simulates(o.CPUs, o.Costs.Costs)
	runErr := plan.Run(ctx, o)
	p.end()
	return conclude(runErr, w, path, files, s, fmt.Sprintf("simulated with %d CPU(s) an instance, and %s\n", o.CPUs, o.Costs))
}

// simulates tries what a plan is about on instances of so many CPUs.
func simulates(cpus int, costs sim.Costs) plan.Simulate {
	return func(ctx context.Context, s plan.Setup) (*record.Trial, error) { return tries(cpus, costs, s).Run(ctx) }
}

func tries(cpus int, costs sim.Costs, s plan.Setup) forecast.Try {
	return forecast.Try{Workload: s.Workload, Engine: s.Engine, CPUs: cpus, Costs: costs, Seed: s.Seed, Instances: s.Instances, Balancer: s.Balancer,
		Rate: s.Rate, Burst: s.Burst, Long: s.Long}
}

// options makes the flags into what to plan.
func (c *planCmd) options(ctx context.Context, s streams) (o plan.Options, err error) {
	if c.Workload == workload.SuiteName {
		return o, errors.New("claims are about real engines; compare runs them\n  write the name of one workload, as black-friday")
	}
	if o.Costs, err = costs.Choose(c.Costs); err != nil {
		return o, err
	}
	if o.Balancer, err = model.ParseBalancer(c.Balancer); err != nil {
		return o, err
	}
	if o.CPUs = max(1, len(host.Describe().CPUs)); c.CPUs != nil {
		o.CPUs = *c.CPUs
	}
	if o.Document, err = readDocument(ctx, s, c.Workload); err != nil {
		return o, err
	}
	w := o.Document.Workload
	if o.Engines, err = (&compareCmd{Engine: c.Engine}).engines(w); err != nil {
		return o, err
	}
	if len(o.Engines) == 0 {
		return o, plan.ErrNoEngine
	}
	if c.Seed != nil {
		if o.Document, err = forecast.Seeded(o.Document, *c.Seed); err != nil {
			return o, err
		}
	}
	o.Rate, o.MaxInstances, o.Burst, o.Keep = c.Rate, c.MaxInstances, c.Burst, c.Keep
	switch {
	case !(c.Rate > 0) || c.Rate > maxRate:
		return o, fmt.Errorf("--rate is %g; write requests per second, as 5000, above zero and up to %g", c.Rate, maxRate)
	case o.CPUs < 1 || o.CPUs > maxCPUs:
		return o, fmt.Errorf("--cpus is %d; write a number from 1 to %d, or leave it out for as many as this machine lets us use", o.CPUs, maxCPUs)
	case c.MaxInstances < 1 || c.MaxInstances > maxInstances:
		return o, fmt.Errorf("--max-instances is %d; write a number from 1 to %d", c.MaxInstances, maxInstances)
	case c.Burst < 0 || c.Burst > maxBurst:
		return o, fmt.Errorf("--burst is %d; write a number of requests, as 500, or 0", c.Burst)
	case len(c.Vary) > 2:
		return o, fmt.Errorf("--vary is given %d times; a table has two axes at most", len(c.Vary))
	}
	if err := plan.CheckKeep(w, c.Keep); err != nil {
		return o, err
	}
	for _, text := range c.Vary {
		v, err := plan.ParseVary(text, w, o.Engines)
		if err != nil {
			return o, err
		}
		o.Vary = append(o.Vary, v)
	}
	if err := o.Check(); err != nil {
		return o, err
	}
	if c.Price != "" {
		o.Price, err = plan.ParsePrice(c.Price)
	}
	return o, err
}

const (
	maxRate      = 1e8
	maxInstances = 100_000
	maxBurst     = 10_000_000
)

// planReader derives a plan from its record.
type planReader struct{ plan.Reader }

func (p *planReader) add(row record.Row) error { return p.Add(row) }

func (p *planReader) result(info record.Info) result {
	made, err := p.Plan(info.Hash)
	return &planned{made, p.Meta(), err}
}

// planned is a plan, or why the record has none.
type planned struct {
	plan *plan.Plan
	meta *record.Meta
	err  error
}

func (p *planned) table(w io.Writer) error {
	if p.err != nil {
		return p.err
	}
	return report.Plan(w, p.plan)
}

func (p *planned) page(w io.Writer) error {
	if p.err != nil {
		return p.err
	}
	return page.Plan(w, p.plan, p.meta)
}

func (p *planned) digest() any { return p.plan }

// outcome fails where nothing holds.
func (p *planned) outcome() error {
	if p.err != nil {
		return p.err
	}
	for _, e := range p.plan.Engines {
		if e.Instances != nil {
			return nil
		}
	}
	if p.plan.Partial {
		return nil
	}
	return expectationErr(fmt.Errorf("plan: nothing holds %g requests/s", p.plan.Rate))
}

// counting returns what shows on a terminal how many there are so far, from two
// seconds on.
func (p *progress) counting(what string) func(int) {
	begun, shown := time.Now(), time.Now()
	return func(n int) {
		now := time.Now()
		if !p.terminal || now.Sub(begun) < 2*time.Second || now.Sub(shown) < 200*time.Millisecond {
			return
		}
		shown = now
		p.erase()
		fmt.Fprintf(p.w, "%5s  %d %s …", now.Sub(begun).Truncate(time.Second), n, what)
	}
}

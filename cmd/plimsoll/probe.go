package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/host"
	"github.com/plimsoll-dev/plimsoll/internal/report"
	"github.com/plimsoll-dev/plimsoll/internal/report/page"
	"github.com/plimsoll-dev/plimsoll/probe"
	"github.com/plimsoll-dev/plimsoll/record"
)

// probeCmd names the wall of a live service.
type probeCmd struct {
	Heavy  string `required:"" placeholder:"URL" help:"A slow route: http://HOST:PORT/PATH. {ms} in it stands for how long a request is to take, in milliseconds, where the service has such a parameter: what that changes tells a pool from a processor and a limiter."`
	MS     string `name:"ms" placeholder:"FROM..TO" help:"What stands for {ms}: these two, and in most requests their geometric mean (100..400: 100, 200, and 400)."`
	Canary string `placeholder:"URL" help:"A cheap route of the same service, as a health check; it shows what the slow one shares with others."`
	Method string `short:"X" default:"GET" help:"Method of the heavy requests (${default})."`
	Body   string `placeholder:"TEXT" help:"Their body; @FILE takes it from a file."`

	PID     processID `name:"pid" placeholder:"PID" help:"The service's process, which listens where --heavy is asked for, if it is on this machine (Linux): its CPU use, threads and context switches, and those of the processes it has forked, are looked at while it is probed."`
	Metrics string    `placeholder:"URL" help:"What Prometheus scrapes of the service, as http://HOST:PORT/metrics: CPU time, threads, event loops, and pools of threads or connections are read from it, a few times a second."`

	HeaderFile     string        `type:"path" placeholder:"FILE" help:"Headers of all requests to the host of --heavy, one NAME: VALUE a line. Credentials belong here, or into the environment as PLIMSOLL_PROBE_HEADERS: neither gets into a record, a report or a log."`
	MaxConcurrency int           `default:"512" placeholder:"N" help:"Requests in flight at once, at most (${default}); in all there are at most 30 times as many."`
	MaxTime        time.Duration `default:"3m" placeholder:"TIME" help:"Stop then (${default})."`
	CanaryBudget   time.Duration `default:"30s" placeholder:"TIME" help:"Stop as soon as a canary has waited that long (${default})."`
	IAmAuthorised  bool          `name:"i-am-authorised" help:"I may drive this service to its limit, although it is not on this machine. The record says so."`
	Insecure       bool          `help:"Take whatever certificate the service shows, as a self-signed one. The record says so."`
	AllowUnsafe    bool          `help:"Use a method that changes something, as POST, thousands of times."`
	Record         string        `type:"path" placeholder:"FILE" help:"Write a record of every request, which report reads; headers and bodies are not in it."`
	JSON           string        `name:"json" placeholder:"FILE" help:"Write the verdict as JSON; - for standard output, with nothing else there."`
	HTML           string        `name:"html" type:"path" placeholder:"FILE" help:"Write the report as one HTML page."`
	Fit            string        `type:"path" placeholder:"FILE" help:"Write what was learned as a workload document, for simulate and compare."`
}

// Help shows the common cases.
func (probeCmd) Help() string {
	return `Finds out from outside, over HTTP, which wall a live service hits and how big it is: a pool that every route shares, a blocked event loop, a pool of this route alone, a cap on connections, shedding, a rate limit, the CPU, or none. It drives the service to its limit on purpose, in small steps, and stops by itself.

Examples:
  plimsoll probe --heavy http://127.0.0.1:8080/checkout --canary http://127.0.0.1:8080/health
  plimsoll probe --heavy 'http://127.0.0.1:8080/wait?ms={ms}' --canary http://127.0.0.1:8080/health --json -
  plimsoll probe --heavy http://127.0.0.1:8080/checkout --canary http://127.0.0.1:8080/health --pid "$(pgrep -o java)" --metrics http://127.0.0.1:8080/actuator/prometheus
  plimsoll probe --heavy http://127.0.0.1:8080/checkout --canary http://127.0.0.1:8080/health --fit fitted.yaml && plimsoll simulate fitted.yaml
  plimsoll probe --heavy https://staging.example.com/report --canary https://staging.example.com/ok --header-file token.txt --i-am-authorised`
}

// Run probes, and prints what came of it also if it was interrupted.
func (c *probeCmd) Run(ctx context.Context, s streams) error {
	cfg, err := c.config()
	if err == nil {
		err = errors.Join(cfg.Check(), c.outputs().check())
	}
	if err != nil {
		return usageErr(fmt.Errorf("probe: %w", err))
	}
	if err := host.EnsureDescriptors(uint64(cfg.MaxConcurrency) + 100); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return usageErr(fmt.Errorf("probe: %w; write a smaller --max-concurrency", err))
	}
	p := newProgress(s.err)
	cfg.Progress = func(u probe.Progress) {
		p.line(fmt.Sprintf("%5s  %-8s %4d  %s", u.Elapsed.Truncate(100*time.Millisecond), u.Experiment.What, u.Experiment.Count, u.Experiment.Why))
	}
	r, runErr := c.measure(ctx, cfg)
	p.end()
	if r == nil {
		return runErr
	}
	if err := show(r, c.outputs(), s.out); err != nil {
		return errors.Join(runErr, err)
	}
	if runErr != nil {
		return runErr
	}
	return r.outcome()
}

func (c *probeCmd) outputs() outputs {
	return outputs{json: c.JSON, html: c.HTML, fit: c.Fit, record: c.Record}
}

// measure probes, and derives the verdict from the record alone, which without
// --record is kept in memory.
func (c *probeCmd) measure(ctx context.Context, cfg probe.Config) (*probed, error) {
	var kept bytes.Buffer
	w := record.NewWriter(&kept)
	if c.Record != "" {
		var err error
		if w, err = record.Create(c.Record); err != nil {
			return nil, usageErr(err)
		}
	}
	meta := record.Meta{Tool: version(), Args: withoutSecrets(os.Args[1:]), Host: record.Host(host.Describe())}
	runErr := probe.Run(ctx, cfg, w, meta)
	if err := w.Close(); err != nil {
		return nil, errors.Join(runErr, err)
	}
	if runErr != nil && !errors.Is(runErr, context.Canceled) {
		return nil, usageErr(fmt.Errorf("probe: %w", runErr))
	}
	if c.Record != "" {
		r, err := readRecord(c.Record)
		if err != nil {
			return nil, errors.Join(runErr, err)
		}
		return r.(*probed), runErr
	}
	var reader probeReader
	info, err := record.Read(&kept, reader.add)
	if err != nil {
		return nil, errors.Join(runErr, err)
	}
	return reader.result(info).(*probed), runErr
}

// probeReader derives the verdict of a probe from its record.
type probeReader struct{ history probe.History }

func (p *probeReader) add(row record.Row) error { return p.history.Add(row) }

func (p *probeReader) result(info record.Info) result {
	p.history.Hash = info.Hash
	return &probed{probe.Judge(&p.history), &p.history}
}

// probed is the result of a probe.
type probed struct {
	verdict *probe.Verdict
	history *probe.History
}

func (p *probed) page(w io.Writer) error  { return page.Probe(w, p.verdict, p.history) }
func (p *probed) table(w io.Writer) error { return report.Probe(w, p.verdict) }
func (p *probed) digest() any             { return p.verdict }

func (p *probed) outcome() error {
	if p.verdict.Void {
		return voidErr(fmt.Errorf("the measurement is void: %s", strings.Join(p.verdict.Reasons, "; ")))
	}
	return nil
}

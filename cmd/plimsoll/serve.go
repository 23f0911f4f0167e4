package main

import (
	"context"
	"fmt"

	"github.com/plimsoll-dev/plimsoll/internal/lab"
	"github.com/plimsoll-dev/plimsoll/model"
)

// serveCmd serves a workload under one engine, for other tools.
type serveCmd struct {
	Workload string `arg:"" help:"A built-in workload, a YAML document, or - for standard input."`
	Engine   string `short:"e" required:"" placeholder:"ENGINE" help:"An engine configuration, as thread:max=200."`
	Listen   string `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where (${default}); port 0 takes a free one."`
}

// Help says how to use it with other commands.
func (serveCmd) Help() string {
	return `Serves the workload as compare does: the engine in a process of its own, its upstreams in another, until it is interrupted. Prints the address first, and then the routes.

Examples:
  plimsoll serve black-friday -e thread:max=200
  plimsoll probe --heavy http://127.0.0.1:8080/checkout --canary http://127.0.0.1:8080/health`
}

// Run serves until it is interrupted, which is how it is meant to end.
func (c *serveCmd) Run(ctx context.Context, s streams) error {
	doc, err := readDocument(ctx, s, c.Workload)
	if err != nil {
		return usageErr(err)
	}
	cfg, err := model.ParseEngine(c.Engine)
	if err != nil {
		return usageErr(err)
	}
	p := newProgress(s.err)
	for _, warning := range doc.Warnings {
		p.line("warning: " + warning.String())
	}
	return lab.Serve(ctx, lab.ServeOptions{Document: doc, Engine: cfg, Address: c.Listen, Ready: func(address string) {
		fmt.Fprintf(s.out, "http://%s\n", address)
		for _, r := range doc.Workload.Routes {
			fmt.Fprintf(s.out, "  %-12s http://%s%s\n", r.Name, address, r.Path)
		}
	}})
}

// Command plimsoll finds the load line of a service under each way of handling
// concurrency, and names the wall it hits.
//
// Every subcommand is a struct in a file of its own: its fields are the flags,
// its Run method calls the packages that do the work. This file only connects
// them to the process: arguments, streams, signals and the exit code.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/plimsoll-dev/plimsoll/internal/engines"
	"github.com/plimsoll-dev/plimsoll/internal/lab"
)

// cli is the whole command line. A new subcommand is one field here.
type cli struct {
	Compare   compareCmd   `cmd:"" help:"Run a workload under every engine: load line, wall and cost of each."`
	Load      loadCmd      `cmd:"" help:"Send requests to a service at a steady rate, and say how it answered."`
	Probe     probeCmd     `cmd:"" help:"Find the wall of a live service, and its size."`
	Plan      planCmd      `cmd:"" help:"Say how many threads, connections and instances a rate needs, by simulation."`
	Simulate  simulateCmd  `cmd:"" help:"The same in virtual time, for sizes and machines that are not here."`
	Calibrate calibrateCmd `cmd:"" help:"Measure what engines cost on this machine, for simulate and plan."`
	Report    reportCmd    `cmd:"" help:"Derive the verdict from a record, and print it."`
	Serve     serveCmd     `cmd:"" help:"Serve a workload under one engine."`
	Workload  workloadCmd  `cmd:"" help:"List, show and check workload documents."`
	Version   versionCmd   `cmd:"" help:"Print the version of this program."`

	ShowVersion kong.VersionFlag `name:"version" help:"Print the version of this program, and exit."`
}

const description = `Plimsoll finds the load line of a service (the highest arrival rate at which its objective still holds) under each way of handling concurrency, and names the wall it hits.

Exit codes: 0 as expected; 1 an expectation failed; 2 bad usage or input; 3 the measurement is void; 130 interrupted.`

func main() {
	lab.ChildMain(engines.New) // does not return in a child of `compare`
	os.Exit(run(os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr}))
}

// streams are what a command reads and writes. Run methods ask for them, so
// that tests need no process.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// run parses args, runs the chosen command and returns the exit code.
func run(args []string, s streams) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The first signal asks; from then on signals have their default effect,
	// so that a second one ends a command that does not listen.
	context.AfterFunc(ctx, stop)

	exited := -1 // set by --help and --version, which end the command inside the parser
	parser, err := kong.New(&cli{},
		kong.Name("plimsoll"),
		kong.Description(description),
		kong.Writers(s.out, s.err),
		kong.Vars{"version": version()},
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Exit(func(code int) { panic(parserExit(code)) }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(s),
	)
	if err != nil {
		return finish(s.err, fmt.Errorf("command line of this build: %w", err))
	}
	k, err := parse(parser, args, &exited)
	if exited >= 0 {
		return exited
	}
	if err != nil {
		return finish(s.err, usageOf(err))
	}
	err = k.Run()
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = interruptedErr(err)
	}
	return finish(s.err, err)
}

// parserExit is how kong's exit hook leaves the parser: --help and --version
// have printed by then, and parsing must not go on.
type parserExit int

func parse(parser *kong.Kong, args []string, exited *int) (ctx *kong.Context, err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case parserExit:
			*exited = int(r)
		default:
			panic(r)
		}
	}()
	return parser.Parse(args)
}

// usageOf turns what the parser refused into what to write instead.
func usageOf(err error) error {
	var refused *kong.ParseError
	if !errors.As(err, &refused) || refused.Context == nil {
		return usageErr(err)
	}
	path, summary := "plimsoll", "plimsoll <command>"
	if node := refused.Context.Selected(); node != nil {
		path, summary = node.FullPath(), "plimsoll "+node.Summary()
	}
	return usageErr(fmt.Errorf("%w\n  usage: %s\n  help:  %s --help", err, summary, path))
}

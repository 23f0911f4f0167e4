package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/accuracy"
	"github.com/plimsoll-dev/plimsoll/internal/peers"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, errConfident):
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

// errConfident is the one outcome that is a failure.
var errConfident = errors.New("something wrong was said with high confidence")

func run(ctx context.Context, args []string, out, progress io.Writer) error {
	flags := flag.NewFlagSet("judge", flag.ContinueOnError)
	flags.SetOutput(progress)
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "judge [flags] PROBER [ARG]...\n\nRuns PROBER ARG... --heavy URL --canary URL --json - against each server, and --record FILE with -keep.")
		flags.PrintDefaults()
	}
	seed := flags.Uint64("seed", uint64(time.Now().Unix()), "`number` that sizes and waits are drawn from")
	only := flags.String("run", "", "only servers whose name matches this regular `expression`")
	document := flags.String("document", "", "Markdown `file` whose marked section is written anew")
	keep := flags.String("keep", "", "`directory` for what the prober writes about each server: verdict, progress and record")
	within := flags.Duration("within", 5*time.Minute, "how long one probe may take")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() == 0 {
		return errors.New("no prober; write: judge bin/plimsoll probe")
	}
	if *only != "" && *document != "" {
		return errors.New("-run leaves servers out, and the document is about all of them; leave one of -run and -document out")
	}
	names, err := regexp.Compile(*only)
	if err != nil {
		return fmt.Errorf("-run: %w", err)
	}
	j := judge{prober: flags.Args(), keep: *keep, within: *within}
	report := accuracy.Report{Seed: *seed, Machine: machine(), Kinds: peers.Kinds}
	var fleet []peers.Peer
	for _, p := range peers.Fleet(*seed) {
		if names.MatchString(p.Name) {
			fleet = append(fleet, p)
		}
	}
	fmt.Fprintf(progress, "seed %d, %d servers\n", *seed, len(fleet))
	for _, p := range fleet {
		t, err := j.try(ctx, p, peers.Wait(*seed, p.Name))
		if ctx.Err() != nil {
			break // what was done until then is printed
		}
		if err != nil {
			return err
		}
		fmt.Fprintln(progress, accuracy.Line(t))
		report.Trials = append(report.Trials, *t)
	}
	if report.Versions, err = versions(fleet); err != nil {
		return err
	}
	var text bytes.Buffer
	if err := accuracy.Write(&text, &report); err != nil {
		return err
	}
	if _, err := out.Write(text.Bytes()); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if *document != "" {
		if err := rewrite(*document, text.String()); err != nil {
			return err
		}
	}
	for i := range report.Trials {
		if report.Trials[i].ConfidentlyWrong() {
			return errConfident
		}
	}
	return nil
}

// target is the heavy route as the prober is given it: with its parameter, or
// with one wait, as most services are.
func target(r *peers.Running, ms int) string {
	if ms == 0 {
		return r.Base + r.Heavy
	}
	return r.Base + strings.ReplaceAll(r.Heavy, "{ms}", strconv.Itoa(ms))
}

func rewrite(name, text string) error {
	old, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	document, err := accuracy.Section(string(old), accuracy.Begin, text)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return os.WriteFile(name, []byte(document), 0o644)
}

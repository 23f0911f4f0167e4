package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/plimsoll-dev/plimsoll/internal/calibration"
	"github.com/plimsoll-dev/plimsoll/internal/costs"
	"github.com/plimsoll-dev/plimsoll/internal/lab"
)

type calibrateCmd struct {
	Output string `short:"o" placeholder:"FILE" help:"Where the costs go; - for standard output. Default: this machine's file, which simulate uses."`
}

func (calibrateCmd) Help() string {
	return `Measures in forty seconds what engines cost on this machine: the CPU time of a request, of an exchange with an upstream, of a switch of threads and so on, and memory. Keeps it in a file in which every number has its origin; simulate uses it from then on. Nothing else should run meanwhile.

Two real engines are put under small loads, in processes of their own, as compare does, and costs are fitted so that simulations of these loads need as much CPU time.

Examples:
  plimsoll calibrate
  plimsoll calibrate --output server.yaml
  plimsoll simulate black-friday --costs server.yaml`
}

func (c *calibrateCmd) Run(ctx context.Context, s streams) error {
	path, err := c.path()
	if err != nil {
		return usageErr(err)
	}
	// Before forty seconds are spent; and what was there stays until there is better.
	var file *os.File
	if path != "-" {
		if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() { // it would be replaced by a file
			return usageErr(fmt.Errorf("%s is no regular file; name another file by --output, or - for standard output", path))
		}
		if file, err = os.CreateTemp(filepath.Dir(path), ".plimsoll-*"); err != nil {
			return usageErr(fmt.Errorf("%w\n  name another file by --output", err))
		}
		defer func() {
			file.Close()
			os.Remove(file.Name()) // it is gone if all went well
		}()
	}
	p := newProgress(s.err)
	m, err := lab.Calibrate(ctx, lab.CalibrateOptions{Rounds: calibration.Rounds, Progress: p.show})
	p.end()
	if err != nil {
		return err
	}
	r, err := calibration.Conclude(m)
	if err != nil {
		return err
	}
	for _, w := range r.Warnings {
		fmt.Fprintf(s.err, "warning: %s\n", w)
	}
	var text bytes.Buffer
	if err := r.Write(&text); err != nil {
		return err
	}
	if _, err := s.out.Write(text.Bytes()); err != nil || file == nil {
		return err
	}
	if _, err := file.Write(text.Bytes()); err != nil {
		return err
	}
	if err := errors.Join(file.Chmod(0o644), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return err
	}
	fmt.Fprintf(s.err, "\nkept in %s\n", path)
	return nil
}

// path is where the costs go.
func (c *calibrateCmd) path() (string, error) {
	if c.Output != "" {
		return c.Output, nil
	}
	path, err := costs.Path()
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o755)
	}
	if err != nil {
		return "", fmt.Errorf("%w\n  name a file by --output", err)
	}
	return path, nil
}

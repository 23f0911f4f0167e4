// Package costs says whose costs a simulation is to use: those of a file that was
// named, those that `plimsoll calibrate` has measured on this machine, or those
// that the simulator ships. What a file means is package sim's business.
//
// Commands call [Choose] with what their --costs flag says; calibrate writes to
// [Path].
package costs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/plimsoll-dev/plimsoll/sim"
)

// Shipped is in place of a file's path where the costs are the simulator's own.
const Shipped = "shipped"

// A Choice is costs, and where they are from.
type Choice struct {
	sim.Costs
	From string // a file's path, or [Shipped]
}

// String names them in words: whose they are, and where they were read.
func (c Choice) String() string {
	if c.From == Shipped {
		return "the costs of " + c.Machine + "; `plimsoll calibrate` measures this machine's"
	}
	return "the costs of " + c.Machine + " in " + c.From
}

// Choose returns the costs in file; if file is "", those that were calibrated on
// this machine, or where none were, the shipped ones. Its error says which file
// cannot be used, and why.
func Choose(file string) (Choice, error) {
	if file != "" {
		return read(file)
	}
	path, err := Path()
	if err != nil {
		return shipped(), nil // there is nowhere to keep any
	}
	c, err := read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return shipped(), nil
	}
	if err != nil {
		return c, fmt.Errorf("%w\n  calibrate this machine again, or name another file by --costs", err)
	}
	return c, nil
}

func shipped() Choice { return Choice{sim.DefaultCosts(), Shipped} }

// most is how many bytes of a file are read; calibrate writes a few thousand.
const most = 1 << 20

func read(path string) (Choice, error) {
	f, err := os.Open(path)
	if err != nil {
		return Choice{}, fmt.Errorf("read costs: %w", err)
	}
	defer f.Close()
	source, err := io.ReadAll(io.LimitReader(f, most+1))
	switch {
	case err != nil:
		return Choice{}, fmt.Errorf("read costs: %w", err)
	case len(source) > most:
		return Choice{}, fmt.Errorf("%s: is larger than any file of costs\n  `plimsoll calibrate --output FILE` writes one", path)
	}
	c, err := sim.ParseCosts(source)
	if err != nil {
		return Choice{}, fmt.Errorf("%s: %w", path, err)
	}
	return Choice{c, path}, nil
}

// Path is where this machine's costs are kept: plimsoll/costs/NAME.yaml in the
// user's configuration directory, NAME being the host's. It is an error if the
// environment names no such directory.
func Path() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("costs: find the place of this machine's: %w", err)
	}
	name, err := os.Hostname()
	if err != nil {
		return "", fmt.Errorf("costs: name this machine: %w", err)
	}
	return filepath.Join(dir, "plimsoll", "costs", fileName(name)+".yaml"), nil
}

// fileName makes a host's name into one that every file system takes.
func fileName(host string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '.', r == '_':
			return r
		}
		return '-'
	}, strings.TrimLeft(host, "."))
	if name == "" {
		return "machine"
	}
	return name
}

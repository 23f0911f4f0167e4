package costs

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plimsoll-dev/plimsoll/sim"
)

const file = `machine: a large one
speed: 2
quantum: 3ms
slice: 10ms
switch: 5us
request: 10us
exchange: 20us
fiber: 100ns
handoff: 1us
wake: 1us
park: 1us
start: 50us
memory: {process: 1, thread: 2, connection: 3, request: 4}
`

func write(t *testing.T, path, source string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestWhatWasCalibratedIsUsedWhereNothingElseWasNamed(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", dir)
	t.Setenv("HOME", dir)
	t.Setenv("AppData", dir)
	c, err := Choose("")
	if err != nil || c.Costs != sim.DefaultCosts() || c.From != Shipped || !strings.Contains(c.String(), "calibrate") {
		t.Errorf("without a file: %v, %v", c, err)
	}
	path, err := Path()
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, file)
	if c, err = Choose(""); err != nil || c.Machine != "a large one" || c.From != path {
		t.Errorf("with this machine's file: %v, %v", c, err)
	}
	named := filepath.Join(dir, "named.yaml")
	write(t, named, strings.Replace(file, "a large one", "a small one", 1))
	if c, err = Choose(named); err != nil || c.Machine != "a small one" || c.From != named {
		t.Errorf("with a file by name: %v, %v", c, err)
	}
}

func TestAFileThatCannotBeUsedIsAnError(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", dir)
	t.Setenv("HOME", dir)
	t.Setenv("AppData", dir)
	if _, err := Choose(filepath.Join(dir, "none.yaml")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no such file: %v", err)
	}
	path, err := Path()
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, "machine: half of it\n")
	if _, err := Choose(""); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "calibrate this machine again") {
		t.Errorf("a broken file of this machine: %v", err)
	}
}

// A device that never ends must not fill the memory first.
func TestALargeFileIsNoneOfCosts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "large")
	write(t, path, file)
	if err := os.Truncate(path, 1<<40); err != nil { // sparse: nothing is written
		t.Skip(err)
	}
	if _, err := Choose(path); err == nil || !strings.Contains(err.Error(), "larger than any file of costs") {
		t.Errorf("error %v", err)
	}
}

func TestHostNamesAreMadeIntoFileNames(t *testing.T) {
	for host, want := range map[string]string{"db-1.example.org": "db-1.example.org", "..": "machine", "a/b c": "a-b-c", "": "machine", "süd": "s-d"} {
		if got := fileName(host); got != want {
			t.Errorf("%q: %q, not %q", host, got, want)
		}
	}
}

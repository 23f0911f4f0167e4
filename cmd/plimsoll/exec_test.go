package main

import (
	"bytes"
	"strings"
	"testing"
)

// exec runs a command line in this process, with nothing on standard input.
func exec(t *testing.T, args ...string) (code int, out, err string) {
	t.Helper()
	return given(t, "", args...)
}

// given runs one with that on standard input.
func given(t *testing.T, stdin string, args ...string) (code int, out, err string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(args, streams{in: strings.NewReader(stdin), out: &o, err: &e})
	return code, o.String(), e.String()
}

// A refusal is arguments, separated by spaces, with which a command does nothing,
// and a part of what it says.
type refusal struct{ args, says string }

// refuses checks that a command does nothing but say what to write instead, with
// each of the arguments in turn behind those that it always has.
func refuses(t *testing.T, command string, table []refusal) {
	t.Helper()
	for _, c := range table {
		line := strings.TrimSpace(command + " " + c.args)
		code, out, err := exec(t, strings.Fields(line)...)
		if code != exitUsage || out != "" || !strings.Contains(err, c.says) {
			t.Errorf("plimsoll %s: exit code %d, printed %q, error %q; want %d, nothing, and …%s…", line, code, out, err, exitUsage, c.says)
		}
	}
}

// arithmetic skips what takes long under the race detector, and where no threads
// meet that do not meet in the tests of internal/plan and sim.
func arithmetic(t *testing.T) {
	t.Helper()
	if raced {
		t.Skip("it is arithmetic, and runs without the detector")
	}
}

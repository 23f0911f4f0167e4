package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestReportMapsErrorsToExitCodes(t *testing.T) {
	plain := errors.New("no descriptors left")
	for _, c := range []struct {
		err  error
		code int
		text string
	}{
		{nil, 0, ""},
		{plain, 2, "plimsoll: no descriptors left\n"}, // could not be done: never 1, which CI reads as a regression
		{usageErr(plain), 2, "plimsoll: no descriptors left\n"},
		{expectationErr(plain), 1, "plimsoll: no descriptors left\n"},
		{voidErr(plain), 3, "plimsoll: no descriptors left\n"},
		{fmt.Errorf("compare: %w", voidErr(plain)), 3, "plimsoll: compare: no descriptors left\n"},
		{interruptedErr(plain), 130, "plimsoll: interrupted\n"},
		{errors.New("line\nline\n"), 2, "plimsoll: line\nline\n"},
	} {
		var out bytes.Buffer
		if code := finish(&out, c.err); code != c.code || out.String() != c.text {
			t.Errorf("finish(%v) = %d and %q, want %d and %q", c.err, code, out.String(), c.code, c.text)
		}
	}
}

func TestBadUsageSaysWhatToWrite(t *testing.T) {
	for _, c := range []struct {
		args string
		want []string
	}{
		{"", []string{"expected ", "usage: plimsoll <command>", "help:  plimsoll --help"}},
		{"versoin", []string{`did you mean "version"`, "help:  plimsoll --help"}},
		{"version --bogus", []string{"unknown flag --bogus", "usage: plimsoll version", "help:  plimsoll version --help"}},
	} {
		code, out, err := exec(t, strings.Fields(c.args)...)
		if code != 2 || out != "" {
			t.Errorf("plimsoll %s: exit code %d, printed %q; want 2 and nothing on standard output", c.args, code, out)
		}
		for _, w := range c.want {
			if !strings.Contains(err, w) {
				t.Errorf("plimsoll %s: error does not say %q:\n%s", c.args, w, err)
			}
		}
	}
}

func TestHelpAndVersionGoToStandardOutput(t *testing.T) {
	for args, want := range map[string]string{
		"--help":         "Exit codes: 0 as expected",
		"version --help": "Usage: plimsoll version",
		"--version":      "plimsoll ",
		"version":        "plimsoll ",
	} {
		code, out, err := exec(t, strings.Fields(args)...)
		if code != 0 || err != "" || !strings.Contains(out, want) {
			t.Errorf("plimsoll %s: exit code %d, error %q, output without %q:\n%s", args, code, err, want, out)
		}
	}
}

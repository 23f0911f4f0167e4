package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Half a minute of measuring is not spent on a file that cannot be written.
func TestCalibrateSaysAtOnceWhereItCannotWrite(t *testing.T) {
	dir := t.TempDir()
	var out, errs bytes.Buffer
	code := run([]string{"calibrate", "--output", filepath.Join(dir, "none", "costs.yaml")}, streams{in: strings.NewReader(""), out: &out, err: &errs})
	if code != exitUsage || !strings.Contains(errs.String(), "name another file by --output") || out.Len() > 0 {
		t.Errorf("exit code %d, %q", code, errs.String())
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v was left behind, %v", left, err)
	}
}

// What is no file is not replaced by one, as a device would be.
func TestCalibrateReplacesOnlyFiles(t *testing.T) {
	dir := t.TempDir()
	var out, errs bytes.Buffer
	code := run([]string{"calibrate", "--output", dir}, streams{in: strings.NewReader(""), out: &out, err: &errs})
	if code != exitUsage || !strings.Contains(errs.String(), "is no regular file") || out.Len() > 0 {
		t.Errorf("exit code %d, %q", code, errs.String())
	}
}

func TestCompareSaysWhatCannotBePredicted(t *testing.T) {
	const rates = "workload: rates\nroutes: {r: {steps: [{compute: 1ms}]}}\nrates: [{rate: 10, for: 1s}]\nsearch: false\nengines: [loop]\nslo: {within: 1s}\n"
	for _, c := range []struct{ workload, says string }{
		{"claims", "claims are not predicted"},
		{"-", "no load line to predict"},
	} {
		var out, errs bytes.Buffer
		code := run([]string{"compare", c.workload, "--predict", "--record", filepath.Join(t.TempDir(), "r.jsonl")}, streams{in: strings.NewReader(rates), out: &out, err: &errs})
		if code != exitUsage || !strings.Contains(errs.String(), c.says) {
			t.Errorf("%s: exit code %d, %q", c.workload, code, errs.String())
		}
	}
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Forty seconds of measuring are not spent on a file that cannot be written.
func TestCalibrateSaysAtOnceWhereItCannotWrite(t *testing.T) {
	dir := t.TempDir()
	refuses(t, "calibrate --output", []refusal{{filepath.Join(dir, "none", "costs.yaml"), "name another file by --output"}})
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v was left behind, %v", left, err)
	}
}

// Nor where the place of this machine's costs cannot be made.
func TestCalibrateSaysAtOnceThatItHasNoPlace(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"XDG_CONFIG_HOME", "HOME", "AppData"} {
		t.Setenv(name, filepath.Join(file, "below"))
	}
	refuses(t, "calibrate", []refusal{{"", "name a file by --output"}})
}

// What is no file is not replaced by one, as a device would be.
func TestCalibrateReplacesOnlyFiles(t *testing.T) {
	refuses(t, "calibrate --output", []refusal{{t.TempDir(), "is no regular file"}})
}

func TestCompareSaysWhatCannotBePredicted(t *testing.T) {
	const rates = "workload: rates\nroutes: {r: {steps: [{compute: 1ms}]}}\nrates: [{rate: 10, for: 1s}]\nsearch: false\nengines: [loop]\nslo: {within: 1s}\n"
	for _, c := range []struct{ workload, says string }{
		{"claims", "claims are not predicted"},
		{"-", "no load line to predict"},
	} {
		code, _, errs := given(t, rates, "compare", c.workload, "--predict", "--record", filepath.Join(t.TempDir(), "r.jsonl"))
		if code != exitUsage || !strings.Contains(errs, c.says) {
			t.Errorf("%s: exit code %d, %q", c.workload, code, errs)
		}
	}
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What has no end, or is far too large, must not fill the memory first.
func TestAFileIsReadUpToALimit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "given")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, c := range []struct {
		size int64
		ok   bool
	}{{0, true}, {maxHeaders, true}, {maxHeaders + 1, false}, {1 << 40, false}} { // sparse: nothing is written
		if err := f.Truncate(c.size); err != nil {
			t.Skip(err)
		}
		b, err := readGiven(path, maxHeaders)
		switch {
		case c.ok && (err != nil || int64(len(b)) != c.size):
			t.Errorf("of %d bytes %d were read, error %v", c.size, len(b), err)
		case !c.ok && (err == nil || !strings.Contains(err.Error(), "given has more than 1 MiB")):
			t.Errorf("of %d bytes: error %v", c.size, err)
		}
	}
}

func TestHeadersAndBodiesThatAreTooLargeAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "large")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 1<<40); err != nil {
		t.Skip(err)
	}
	refuses(t, "probe --heavy http://127.0.0.1:1/x", []refusal{
		{"--header-file " + path, "--header-file: " + path + " has more than 1 MiB"},
	})
	refuses(t, "load --rate 1 http://127.0.0.1:1/x", []refusal{{"--body @" + path, "--body: " + path + " has more than 64 MiB"}})
}

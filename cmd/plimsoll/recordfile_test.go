package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Runs that begin in the same second, as of a script, all keep their records.
func TestARecordThatNobodyNamedReplacesNone(t *testing.T) {
	t.Chdir(t.TempDir())
	at := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	var names []string
	for range 3 {
		w, path, err := createRecord("", "black-friday", at)
		if err != nil {
			t.Fatal(err)
		}
		w.Close()
		names = append(names, path)
	}
	const want = "plimsoll-black-friday-20260102-150405.jsonl plimsoll-black-friday-20260102-150405-2.jsonl plimsoll-black-friday-20260102-150405-3.jsonl"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("they are %s, want %s", got, want)
	}
	w, path, err := createRecord(names[0], "black-friday", at)
	if err != nil || path != names[0] {
		t.Fatalf("one by its name: %s, %v", path, err)
	}
	w.Close()
}

func TestTwoOutputsAreNotOneFile(t *testing.T) {
	dir := t.TempDir()
	a, link := filepath.Join(dir, "a"), filepath.Join(dir, "link")
	if err := os.WriteFile(a, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(a, link); err != nil {
		t.Skip(err)
	}
	t.Chdir(dir)
	for _, c := range []struct {
		why string
		to  outputs
		ok  bool
	}{
		{"different files", outputs{json: filepath.Join(dir, "b"), html: filepath.Join(dir, "c"), record: a}, true},
		{"standard output", outputs{json: "-", html: a}, true},
		{"what is no file holds nothing", outputs{json: os.DevNull, html: os.DevNull, record: os.DevNull}, true},
		{"the same name", outputs{json: filepath.Join(dir, "b"), html: filepath.Join(dir, ".", "b")}, false},
		{"a relative name", outputs{json: "b", html: filepath.Join(dir, "b")}, false},
		{"the record's", outputs{html: a, record: a}, false},
		{"the record's by another name", outputs{fit: link, record: a}, false},
	} {
		if err := c.to.check(); (err == nil) != c.ok || err != nil && !strings.Contains(err.Error(), "the same file") {
			t.Errorf("%s: error %v", c.why, err)
		}
	}
	code, _, text := exec(t, "load", "--rate=1", "--record=r.jsonl", "--json=r.jsonl", "http://127.0.0.1:9/")
	if code != exitUsage || !strings.Contains(text, "the same file") {
		t.Errorf("a result in the place of its record: exit code %d, %s", code, text)
	}
	code, _, text = exec(t, "report", a, "--html", a)
	if code != exitUsage || !strings.Contains(text, "the same file") {
		t.Errorf("a page in the place of its record: exit code %d, %s", code, text)
	}
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const samples = "../../internal/importer/testdata/"

// What is imported is a document that every other command takes.
func TestImportedDocumentsAreWorkloads(t *testing.T) {
	dir := t.TempDir()
	log := filepath.Join(dir, "access.log")
	if err := os.WriteFile(log, []byte(`127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326 "-" "-" 0.020`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"otlp":       {"--otlp", samples + "otlp.json"},
		"jaeger":     {"--otlp", samples + "jaeger.json", "--client-spans", "call"},
		"access log": {"--access-log", log},
	} {
		code, doc, fail := exec(t, append([]string{"workload", "import"}, args...)...)
		if code != 0 || fail != "" || !strings.HasPrefix(doc, "# Imported from ") {
			t.Errorf("%s: exit code %d, error %q, output %q", name, code, fail, doc)
			continue
		}
		code, out, fail := given(t, doc, "workload", "check", "-")
		if code != 0 || !strings.HasPrefix(out, "standard input: OK") || strings.Contains(out, "warning:") {
			t.Errorf("%s: check ends with %d: %s%s\n%s", name, code, out, fail, doc)
		}
	}
}

func TestImportWritesAFileAndSaysWhatItLeftOut(t *testing.T) {
	file := filepath.Join(t.TempDir(), "orders.yaml")
	code, out, fail := exec(t, "workload", "import", "--otlp", samples+"otlp.json", "-o", file)
	if code != 0 || out != "" || !strings.Contains(fail, "not mapped: 1 × spans with links") {
		t.Errorf("exit code %d, output %q, error %q", code, out, fail)
	}
	if code, _, fail := exec(t, "workload", "check", file); code != 0 {
		t.Error(fail)
	}
}

func TestImportRefusesWithASentence(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.json")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	refuses(t, "workload import", []refusal{
		{"--otlp " + empty, "plimsoll: import empty.json: the file is empty: there is nothing to import\n"},
		{"--access-log " + empty, "plimsoll: import empty.json: the file is empty: there is nothing to import\n"},
		{"--otlp nowhere.json", "no such file"},
		{"", "--otlp"},
		{"--otlp a --access-log b", "can't be used together"},
		{"--otlp " + samples + "otlp.json --service cart", "write one of orders, prices"},
		{"--access-log " + empty + " --service cart", "remove --service"},
		{"--otlp " + empty + " --client-spans block", "must be one of"},
	})
}

// The example in the manual is what the command prints.
func TestTheManualShowsWhatImportPrints(t *testing.T) {
	manual, err := os.ReadFile("../../docs/import.md")
	if err != nil {
		t.Fatal(err)
	}
	_, doc, _ := exec(t, "workload", "import", "--otlp", samples+"otlp.json")
	if doc == "" || !strings.Contains(string(manual), "```yaml\n"+doc+"```\n") {
		t.Errorf("docs/import.md does not show\n%s", doc)
	}
}

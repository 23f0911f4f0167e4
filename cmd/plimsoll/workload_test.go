package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plimsoll-dev/plimsoll/workload"
)

const misspelt = `workload: mine
slo: {within: 1s}
upstreams:
  payment: {latency: 400ms}
routes:
  pay:
    steps:
      - await: paymnt
`

func TestWorkloadListNamesEveryBuiltin(t *testing.T) {
	code, out, err := exec(t, "workload", "list")
	if code != 0 || err != "" {
		t.Fatalf("exit code %d, error %q", code, err)
	}
	for _, name := range workload.Builtins() {
		if !strings.Contains(out, "\n"+name+" ") {
			t.Errorf("%s is not listed:\n%s", name, out)
		}
	}
	for _, name := range workload.Suite() {
		if !strings.Contains(out, "\n"+name+" ") {
			t.Errorf("%s is not listed:\n%s", name, out)
		}
	}
}

func TestWorkloadShowPrintsTheDocumentAsItIsWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mine.yaml")
	for _, name := range workload.Builtins() {
		code, out, err := exec(t, "workload", "show", name)
		if code != 0 || err != "" || !strings.HasPrefix(out, "#") {
			t.Fatalf("show %s: exit code %d, error %q, output %q", name, code, err, out)
		}
		// What is shown can be saved and used, comments and all.
		if err := os.WriteFile(file, []byte(out), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, again, _ := exec(t, "workload", "show", file); code != 0 || again != out {
			t.Errorf("show of the saved %s: exit code %d and another text", name, code)
		}
	}
}

func TestWorkloadCheckSaysOKOrTheError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mine.yaml")
	if err := os.WriteFile(file, []byte(misspelt), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, err := exec(t, "workload", "check", "black-friday", file, "blackfriday")
	if code != 2 || !strings.HasPrefix(out, "black-friday: OK\n") {
		t.Errorf("exit code %d, output %q; want 2, and the good document's summary", code, out)
	}
	want := "plimsoll: " + file + `:8:16: no upstream is called "paymnt"
    8 |       - await: paymnt
      |                ^
  did you mean "payment"? Otherwise define it: upstreams: {paymnt: {latency: 5ms}}
no such workload: "blackfriday" is neither a file nor built in
  did you mean "black-friday"? Otherwise write the path of a file, or one of the built-in ones: ` + strings.Join(workload.Builtins(), ", ") + "\n"
	if err != want {
		t.Errorf("error\n%s\nwant\n%s", err, want)
	}
}

func TestWorkloadCheckReadsStandardInput(t *testing.T) {
	for _, c := range []struct {
		in        string
		code      int
		out, fail string
	}{
		{strings.Replace(misspelt, "paymnt", "payment", 1), 0, "standard input: OK", ""},
		{misspelt, 2, "", "plimsoll: standard input:8:16: no upstream"},
		{"", 2, "", "plimsoll: standard input:1:1: the document is empty"},
	} {
		code, out, fail := given(t, c.in, "workload", "check", "-")
		if code != c.code || !strings.HasPrefix(out, c.out) || !strings.HasPrefix(fail, c.fail) || (c.fail == "") != (fail == "") {
			t.Errorf("%q: exit code %d, output %q, error %q", c.in, code, out, fail)
		}
	}
}

// The examples in the help of the workload commands do what they say.
func TestWorkloadHelpExamplesWork(t *testing.T) {
	for _, command := range []string{"list", "show", "check"} {
		code, help, _ := exec(t, "workload", command, "--help")
		if code != 0 {
			t.Fatalf("workload %s --help: exit code %d", command, code)
		}
		examples := 0
		for line := range strings.SplitSeq(help, "\n") {
			example, found := strings.CutPrefix(line, "    plimsoll ")
			if !found {
				continue
			}
			examples++
			example, _, _ = strings.Cut(example, " > ")
			in := ""
			for part := range strings.SplitSeq(example, "| plimsoll ") {
				code, out, fail := given(t, in, strings.Fields(part)...)
				if code != 0 {
					t.Errorf("plimsoll %s: exit code %d: %s", part, code, fail)
				}
				in = out
			}
		}
		if examples == 0 {
			t.Errorf("workload %s --help has no example:\n%s", command, help)
		}
	}
}

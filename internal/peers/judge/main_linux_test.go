package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-dev/plimsoll/internal/accuracy"
)

// A test is its own prober: what it says is in the environment.
const saysEnv = "PLIMSOLL_TEST_PROBER_SAYS"

func TestMain(m *testing.M) {
	if says := os.Getenv(saysEnv); says != "" {
		os.Exit(prober(says, os.Args[1:]))
	}
	os.Exit(m.Run())
}

// prober checks what it is given, and says what it is to say. Void is 3, as the
// real one's.
func prober(says string, args []string) int {
	flag := func(name string) string {
		if i := slices.Index(args, name); i >= 0 && i+1 < len(args) {
			return args[i+1]
		}
		return ""
	}
	for _, name := range []string{"--heavy", "--canary"} {
		resp, err := http.Get(strings.ReplaceAll(flag(name), "{ms}", "1"))
		if err != nil || resp.StatusCode != http.StatusOK {
			io.WriteString(os.Stderr, name+" does not answer\n")
			return 2
		}
		resp.Body.Close()
	}
	if args[0] != "probe" || flag("--json") != "-" {
		io.WriteString(os.Stderr, "not asked for JSON\n")
		return 2
	}
	if name := flag("--record"); name != "" {
		if err := os.WriteFile(name, []byte("record\n"), 0o644); err != nil {
			return 2
		}
	}
	os.Stdout.WriteString(says)
	return 3
}

func judged(t *testing.T, says string, args ...string) (string, string, error) {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip(err) // the peers that need nothing else do need it
	}
	t.Setenv(saysEnv, says)
	var out, progress bytes.Buffer
	err := run(t.Context(), append(append([]string{"-seed", "1"}, args...), os.Args[0], "probe"), &out, &progress)
	return out.String(), progress.String(), err
}

const saysNone = `{"schema":"plimsoll.verdict/1","wall":{"kind":"none"},"confidence":"high","hypotheses":[{"kind":"none","weight":0.99}],"requests":7}`

func TestAConfidentErrorFails(t *testing.T) {
	keep := t.TempDir()
	out, progress, err := judged(t, saysNone, "-run", "^go/(plain|shed)$", "-keep", keep)
	if !errors.Is(err, errConfident) {
		t.Errorf("%v\n%s", err, progress)
	}
	for _, want := range []string{"| shedding | | | | | | | | 1 | |", "| none | | | | | | | | **1** | |", "**with high confidence**", "Seed 1."} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if !strings.Contains(progress, "seed 1, 2 servers") {
		t.Errorf("progress: %s", progress)
	}
	if kept, err := os.ReadFile(filepath.Join(keep, "go_plain.json")); err != nil || string(kept) != saysNone {
		t.Errorf("kept %q, %v", kept, err)
	}
	if _, err := os.Stat(filepath.Join(keep, "go_shed.jsonl")); err != nil {
		t.Error(err)
	}
}

func TestWhatIsNoVerdictIsAFailureOfTheProber(t *testing.T) {
	out, _, err := judged(t, "no JSON", "-run", "^go/plain$")
	if err != nil || !strings.Contains(out, "failed") || !strings.Contains(out, "exit status 3") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestADocumentHasMarks(t *testing.T) {
	name := filepath.Join(t.TempDir(), "accuracy.md")
	if err := os.WriteFile(name, []byte("before\n"+accuracy.Begin+"old\n"+accuracy.End+"after\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := rewrite(name, "new"); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(name); err != nil || string(got) != "before\n"+accuracy.Begin+"\nnew\n\n"+accuracy.End+"after\n" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestBadUsageSaysWhatToWrite(t *testing.T) {
	for want, args := range map[string][]string{
		"write: judge":            {},
		"the document is about":   {"-run", "x", "-document", "y", "prober"},
		"-run: error parsing":     {"-run", "(", "prober"},
		"flag provided but not d": {"-what", "prober"},
	} {
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", args, err)
		}
	}
}

func TestAnInterruptedRunPrintsWhatThereIs(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out bytes.Buffer
	err := run(ctx, []string{"-run", "^go/plain$", os.Args[0]}, &out, io.Discard)
	if !errors.Is(err, context.Canceled) || !strings.Contains(out.String(), "Of 0 servers") {
		t.Errorf("%v\n%s", err, out.String())
	}
}

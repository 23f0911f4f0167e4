package engines

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/plimsoll-dev/plimsoll/model"
)

var update = flag.Bool("update", false, "write the printed parts of docs/engines.md anew")

const documentFile = "../../docs/engines.md"

// inDocument holds a printed part of the document to what it should be; with
// -update it writes it there.
func inDocument(t *testing.T, part, want string) {
	t.Helper()
	if *update {
		rewrite(t, part, want)
		return
	}
	if got := section(t, part); got != want {
		t.Errorf("docs/engines.md, part %q: run go test ./internal/engines -run Document -update\ngot\n%s\nwant\n%s", part, got, want)
	}
}

// section returns a printed part of the document, which stands between two
// comments.
func section(t *testing.T, part string) string {
	t.Helper()
	text, from, to := cut(t, part)
	return text[from:to]
}

func rewrite(t *testing.T, part, want string) {
	t.Helper()
	text, from, to := cut(t, part)
	if err := os.WriteFile(documentFile, []byte(text[:from]+want+text[to:]), 0o644); err != nil {
		t.Fatal(err)
	}
}

func cut(t *testing.T, part string) (text string, from, to int) {
	t.Helper()
	b, err := os.ReadFile(documentFile)
	if err != nil {
		t.Fatal(err)
	}
	text = string(b)
	const end = "<!-- end -->"
	begin := "<!-- printed: " + part + " -->\n"
	from = strings.Index(text, begin)
	if from < 0 {
		t.Fatalf("docs/engines.md has no part %q: add the lines %q and %q", part, strings.TrimSpace(begin), end)
	}
	from += len(begin)
	n := strings.Index(text[from:], end)
	if n < 0 {
		t.Fatalf("docs/engines.md: the part %q has no %q", part, end)
	}
	return text, from, from + n
}

func TestDocumentListsEveryEngine(t *testing.T) {
	var b strings.Builder
	b.WriteString("| engine | |\n|---|---|\n")
	for _, s := range model.Engines {
		fmt.Fprintf(&b, "| `%s` | %s |\n", s.Name, s.Help)
	}
	inDocument(t, "engines", b.String())
}

func TestDocumentHasEveryOption(t *testing.T) {
	for _, s := range model.Engines {
		var b strings.Builder
		b.WriteString("| option | default | |\n|---|---|---|\n")
		for _, o := range s.Options {
			name := o.Name
			if len(o.Enum) > 0 {
				name += "=" + strings.Join(o.Enum, "\\|")
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", name, o.Default, o.Help)
		}
		inDocument(t, "options "+s.Name, b.String())
	}
}

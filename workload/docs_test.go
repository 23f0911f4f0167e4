package workload

import (
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"

	"github.com/plimsoll-dev/plimsoll/internal/golden"
)

// blocks returns the fenced blocks of a language in a Markdown file.
func blocks(t *testing.T, file, language string) (list []string) {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for rest := string(src); ; {
		_, after, found := strings.Cut(rest, "```"+language+"\n")
		if !found {
			return list
		}
		block, next, closed := strings.Cut(after, "```")
		if !closed {
			t.Fatalf("%s: a block of %s is not closed", file, language)
		}
		list, rest = append(list, block), next
	}
}

func TestEveryExampleOfTheManualIsADocumentWithoutWarnings(t *testing.T) {
	examples := blocks(t, "../docs/workload.md", "yaml")
	if len(examples) < 3 {
		t.Fatalf("found %d examples", len(examples))
	}
	for _, src := range examples {
		if _, warnings := mustParse(t, src); len(warnings) != 0 {
			t.Errorf("%v in\n%s", warnings, src)
		}
	}
}

func TestTheErrorInTheManualIsTheOneThatIsPrinted(t *testing.T) {
	shown := blocks(t, "../docs/workload.md", "text")
	_, _, err := Parse("mine.yaml", []byte("workload: mine\nslo: {within: 1s}\nupstreams:\n  payment: {latency: 400}\n"+routes))
	var e *Error
	if !errors.As(err, &e) || len(shown) != 1 || shown[0] != e.Error()+"\n" {
		t.Errorf("the manual shows\n%s\nand what is printed is\n%v", shown, err)
	}
}

func TestTheManualNamesEveryWarning(t *testing.T) {
	src, err := os.ReadFile("../docs/workload.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{WarnUnusedUpstream, WarnUnusedResource, WarnUnusedRoute, WarnLockOrder, WarnSLOUnreachable, WarnErrorsMoot, WarnBurstCapped} {
		if !strings.Contains(string(src), "`"+code+"`") {
			t.Errorf("docs/workload.md does not name %s", code)
		}
	}
}

func TestTheManualNamesEveryMeasure(t *testing.T) {
	src, err := os.ReadFile("../docs/workload.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range model.Measures {
		if !strings.Contains(string(src), "| `"+m.Name+"` |") || !strings.Contains(string(src), m.Help) {
			t.Errorf("docs/workload.md does not explain %s: %s", m.Name, m.Help)
		}
	}
}

func TestListAndCheckArePrintedAsDesigned(t *testing.T) {
	var docs []*Document
	for _, name := range Builtins() {
		doc, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, doc)
	}
	var list, check strings.Builder
	if err := WriteList(&list, docs); err != nil {
		t.Fatal(err)
	}
	var suite []*Document
	for _, name := range Suite() {
		doc, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		suite = append(suite, doc)
	}
	if err := WriteSuite(&list, suite); err != nil {
		t.Fatal(err)
	}
	warned, err := Read("mine.yaml", strings.NewReader(around+`
upstreams: {db: {latency: 3ms}, cache: {latency: 1ms}, spare: {latency: 1ms}}
resources: {pool: {size: 3}, lock: {monitor: true}}
routes:
  a:
    weight: 2
    steps: [{call: cache}, {hold: lock, steps: [{block: 2s}]}, {hold: pool, steps: [{call: db}]}]
  b: {weight: 0, steps: [{compute: 1234567ns}]}
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range append(docs, warned) {
		if err := WriteCheck(&check, doc); err != nil {
			t.Fatal(err)
		}
	}
	golden.Check(t, "list.golden", list.String())
	golden.Check(t, "check.golden", check.String())
	for line := range strings.SplitSeq(check.String(), "\n") {
		if len([]rune(line)) > lineWidth && !strings.Contains(line, "warning:") {
			t.Errorf("wider than %d: %q", lineWidth, line)
		}
	}
}

func TestNumbersArePrintedForPeople(t *testing.T) {
	for got, want := range map[string]string{
		rounded(181624838):            "182ms",
		rounded(999999):               "1ms",
		rounded(1234 * time.Second):   "20m30s",
		rounded(0):                    "0s",
		perSecond(1, 2*time.Second):   "0.5",
		perSecond(200, 1e6):           "200,000",
		grouped(999):                  "999",
		grouped(1234567):              "1,234,567",
		formatTime(90 * time.Minute):  "1h30m",
		formatTime(2 * time.Hour):     "2h",
		formatTime(time.Microsecond):  "1us",
		formatTime(10 * time.Second):  "10s",
		formatTime(100 * time.Minute): "1h40m",
		formatShare(0.001):            "0.1%",
		formatShare(1):                "100%",
		formatShare(1.0 / 3):          "0.3333333333333333",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestALongLineIsCutAroundTheCaret(t *testing.T) {
	long := strings.Repeat("é", 300)
	for _, c := range []struct{ column, caret int }{{1, 0}, {30, 29}, {150, 51}, {300, 100}, {301, 101}} {
		source, caret := (&Error{Column: c.column, Source: long}).window()
		if n := len([]rune(source)); caret != c.caret || n > sourceWindow+2 || caret > n {
			t.Errorf("column %d: caret at %d of %d, want %d", c.column, caret, n, c.caret)
		}
	}
	if source, caret := (&Error{Column: 9, Source: "a\tb\x1b[0m  "}).window(); source != "a b\ufffd[0m" || caret != 8 {
		t.Errorf("%q, %d", source, caret)
	}
}

func TestBuiltinsAreSorted(t *testing.T) {
	if got := Builtins(); !reflect.DeepEqual(got, []string{"black-friday", "document-qa", "document-qa-blocking"}) {
		t.Errorf("%v", got)
	}
}

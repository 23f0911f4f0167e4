package record

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	docSection = regexp.MustCompile("(?m)^## `([a-z]+)`$")
	docField   = regexp.MustCompile("(?m)^\\| `([a-z0-9_.*]+)` \\| [^|]+ \\| [^|]+ \\|$")
)

// documented returns the field paths that docs/record.md lists for each kind.
func documented(t *testing.T) map[string][]string {
	b, err := os.ReadFile("../docs/record.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := strings.Replace(string(b), "\n| metric | from | to |", "\n## `metrics`\n", 1) // a table of values, not of fields
	kinds := map[string][]string{}
	at := docSection.FindAllStringSubmatchIndex(doc, -1)
	for i, m := range at {
		end := len(doc)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		kind := doc[m[2]:m[3]]
		if kind == "metrics" {
			continue
		}
		for _, f := range docField.FindAllStringSubmatch(doc[m[1]:end], -1) {
			kinds[kind] = append(kinds[kind], f[1])
		}
	}
	return kinds
}

// fields returns the paths of the JSON fields of a struct, "*" for a map's key
// and nothing for a list's index.
func fields(t *testing.T, typ reflect.Type, prefix string) (paths []string) {
	for f := range typ.Fields() {
		if f.Type == reflect.TypeFor[Head]() {
			continue // documented once, for every row
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			t.Errorf("%s.%s has no name in JSON", typ, f.Name)
		}
		if prefix == "" && (name == "kind" || name == "t") {
			t.Errorf("%s.%s takes a name that every row has", typ, f.Name)
		}
		path := prefix + name
		paths = append(paths, path)
		inner := f.Type
		for done := false; !done; {
			switch inner.Kind() {
			case reflect.Map:
				inner, path = inner.Elem(), path+".*"
			case reflect.Pointer, reflect.Slice, reflect.Array:
				inner = inner.Elem()
			default:
				done = true
			}
		}
		if inner.Kind() == reflect.Struct && inner != reflect.TypeFor[time.Time]() {
			paths = append(paths, fields(t, inner, path+".")...)
		}
	}
	return paths
}

func TestEveryFieldOfEveryKindIsInTheDocumentAndNoOther(t *testing.T) {
	doc := documented(t)
	for kind, newRow := range registry {
		typ := reflect.TypeOf(newRow()).Elem()
		has, want := doc[kind], fields(t, typ, "")
		for _, f := range want {
			if !slices.Contains(has, f) {
				t.Errorf("docs/record.md: section `%s` says nothing of `%s`", kind, f)
			}
		}
		for _, f := range has {
			if !slices.Contains(want, f) {
				t.Errorf("docs/record.md: section `%s` has `%s`, which %s has not", kind, f, typ)
			}
		}
		delete(doc, kind)
	}
	if len(doc) > 0 {
		t.Errorf("docs/record.md describes kinds that do not exist: %v", slices.Collect(maps.Keys(doc)))
	}
}

// The values that the package names are the ones that the document lists.
func TestMetricsAndSourcesAreInTheDocument(t *testing.T) {
	b, err := os.ReadFile("../docs/record.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		MetricLatency, MetricService, MetricLag, MetricConnect, MetricFirstByte, MetricDelay, PurposeLoad, Microseconds,
		SourceEngine, SourceProc, SourceUpstream, SourceLoad, SourceHost, Format,
	} {
		if !strings.Contains(string(b), "`"+name+"`") {
			t.Errorf("docs/record.md says nothing of `%s`", name)
		}
	}
	var verdict map[string]any
	row := write(t, meta(), Verdict{JSON: json.RawMessage(`{}`)})
	if err := json.Unmarshal(row[strings.LastIndex(string(row), `{"kind"`):], &verdict); err != nil || verdict["verdict"] == nil {
		t.Errorf("verdict row %s: %v", row, err)
	}
}

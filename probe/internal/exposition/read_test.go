package exposition

import (
	"errors"
	"io"
	"math"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
)

func read(text string, limit int64) (all []Sample, err error) {
	err = Read(strings.NewReader(text), limit, func(s *Sample) { all = append(all, *s) })
	return all, err
}

func TestSamplesAreReadAsTheyAreWritten(t *testing.T) {
	pool := []Label{{"pool", "p"}}
	for _, c := range []struct {
		why, text string
		want      []Sample
	}{
		{"the plainest", "a 1\n", []Sample{{"a", nil, 1}}},
		{"no newline at the end", "a 1", []Sample{{"a", nil, 1}}},
		{"lines end as on Windows", "a 1\r\nb 2\r\n", []Sample{{"a", nil, 1}, {"b", nil, 2}}},
		{"help, types, comments and empty lines", "# HELP a b{c\n# TYPE a gauge\n#\n\n \na 1\n# EOF\n", []Sample{{"a", nil, 1}}},
		{"a comma after the last label, as simpleclient writes", `a{pool="p",} 0.0`, []Sample{{"a", pool, 0}}},
		{"no blank after the brace", `a{pool="p"}3`, []Sample{{"a", pool, 3}}},
		{"no labels at all in the braces", `a{} 3`, []Sample{{"a", nil, 3}}},
		{"blanks wherever they may be", "\ta { pool = \"p\" , } 3 ", nil},
		{"blanks in the braces", `a{ pool = "p" , } 3 `, []Sample{{"a", pool, 3}}},
		{"a time", "a 1 1700000000000", []Sample{{"a", nil, 1}}},
		{"a time of OpenMetrics, and an exemplar", `a_total{pool="p"} 17 1700000000.5 # {trace_id="x"} 1 1700000000.1`, []Sample{{"a_total", pool, 17}}},
		{"escaped values", `a{v="q\"b\\n\nx\y"} 1`, []Sample{{"a", []Label{{"v", "q\"b\\n\nx\\y"}}, 1}}},
		{"a brace and a comma inside a value", `a{v="}, b",w="2"} 1`, []Sample{{"a", []Label{{"v", "}, b"}, {"w", "2"}}, 1}}},
		{"a quoted name", `{"my.metric",pool="p"} 1`, []Sample{{"my.metric", pool, 1}}},
		{"Java's notation", "a 2.147483647E9", []Sample{{"a", nil, 2147483647}}},
		{"infinity", "a +Inf\nb -Inf", []Sample{{"a", nil, math.Inf(1)}, {"b", nil, math.Inf(-1)}}},
		{"colons", "job:a:rate 1", []Sample{{"job:a:rate", nil, 1}}},
		{"labels of any language", `a{pool="přípoj"} 1`, []Sample{{"a", []Label{{"pool", "přípoj"}}, 1}}},
	} {
		got, err := read(c.text, 1<<20)
		if c.want == nil {
			if err == nil {
				t.Errorf("%s: %q is read as %v", c.why, c.text, got)
			}
		} else if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %q is read as %v, %v; want %v", c.why, c.text, got, err, c.want)
		}
	}
	if got, err := read("a NaN", 99); err != nil || !math.IsNaN(got[0].Value) {
		t.Errorf("not a number is read as %v, %v", got, err)
	}
}

func TestWhatIsNoMetricIsSaidWithItsLine(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"<!DOCTYPE html>\n<html>", "line 1 is no metric: it begins with no name"},
		{"a 1\nhello", `line 2 is no metric: after "hello" there is no value`},
		{`{"error":"not found"}`, "line 1 is no metric"},
		{"a one", `"one" is not a number`},
		{"a 0x1p3", "is not a number"},
		{"a 1_000", "is not a number"},
		{`a{b=c} 1`, "a label's value is not in quotes"},
		{`a{b="c} 1`, "a label's value does not end"},
		{`a{b="c" 1`, "its labels do not end"},
		{`a{b="c"`, "its labels do not end"},
		{`a{="c"} 1`, "its labels are not NAME"},
		{`a{"b"} 1`, "a second name"},
		{`{b="c"} 1`, "it begins with no name"},
		{"a 1 yesterday", "is not a time"},
		{"a 1 2 3", "stands after the time"},
		{"1a 1", "it begins with no name"},
	} {
		if got, err := read(c.text, 1<<20); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q is read as %v, %v; want …%s…", c.text, got, err, c.want)
		}
	}
}

func TestNoMoreIsReadThanAsked(t *testing.T) {
	page := strings.Repeat("a 1\n", 100)
	if got, err := read(page, 400); err != nil || len(got) != 100 {
		t.Errorf("%d samples, %v", len(got), err)
	}
	for _, c := range []struct {
		text  string
		limit int64
	}{{page, 399}, {page, 0}, {"a 1" + strings.Repeat(" ", longestLine), 1 << 20}} {
		if _, err := read(c.text, c.limit); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%d bytes, where %d are allowed: %v", len(c.text), c.limit, err)
		}
	}
}

// A page whose connection broke is not one with a wrong line.
func TestAPageThatBreaksOffIsNotAPageOfSomethingElse(t *testing.T) {
	broken := errors.New("connection reset")
	for _, text := range []string{"a 1\nb", "a 1\nb{c=", "a 1\n", "a 1\nb 2"} {
		r := io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken))
		if err := Read(r, 1<<20, func(*Sample) {}); !errors.Is(err, broken) {
			t.Errorf("%q: error %v", text, err)
		}
	}
}

// FuzzRead: whatever a service answers, reading it ends, and what was read can
// be written again and read to the same.
func FuzzRead(f *testing.F) {
	for _, text := range []string{"a 1", `a{pool="p",} 0.0`, `{"x y",b="\n\"\\"} +Inf 3 # {a="b"} 1`, "# TYPE a gauge\na 1 2\n# EOF", "<html>", "a{", "\xff 1", "a{b=\"\xff\"} NaN"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := read(text, 1<<12)
		if err != nil {
			return
		}
		var b strings.Builder
		escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
		for _, s := range got {
			b.WriteString(`{"` + escape.Replace(s.Name) + `"`)
			for _, l := range s.Labels {
				b.WriteString("," + l.Name + `="` + escape.Replace(l.Value) + `"`)
			}
			b.WriteString("} " + strconv.FormatFloat(s.Value, 'E', -1, 64) + "\n")
		}
		again, err := read(b.String(), 1<<20)
		if err != nil || len(again) != len(got) {
			t.Fatalf("%q was read as %v, written as %q, and read as %v: %v", text, got, &b, again, err)
		}
		for i := range got {
			same := again[i].Value == got[i].Value || math.IsNaN(got[i].Value) && math.IsNaN(again[i].Value)
			if !same || again[i].Name != got[i].Name || !reflect.DeepEqual(again[i].Labels, got[i].Labels) {
				t.Errorf("%q: %v became %v", text, got[i], again[i])
			}
		}
	})
}

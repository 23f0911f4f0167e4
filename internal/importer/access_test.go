package importer

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/workload"
)

func logged(t *testing.T, text string) (*model.Workload, *Result) {
	t.Helper()
	l, err := ReadAccessLog("access.log", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	res, err := l.Workload(Options{Waits: model.Await})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := res.Document()
	if err != nil {
		t.Fatalf("%v\n%s", err, workload.FormatCommented(res.Workload, res.Comments))
	}
	return parse(t, string(doc)), res
}

// logLines writes requests with the times that gap draws between them, in the combined format.
func logLines(n int, gap func(i int) time.Duration, rest string) string {
	var b strings.Builder
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for i := range n {
		at = at.Add(gap(i))
		path := fmt.Sprintf("/orders/%d", i)
		if i%4 == 0 {
			path = "/health"
		}
		fmt.Fprintf(&b, "10.0.0.1 - - [%s] \"GET %s HTTP/1.1\" 200 10 \"-\" \"curl/8\"%s\n", at.Format("02/Jan/2006:15:04:05 -0700"), path, rest)
	}
	return b.String()
}

func TestAnAccessLogKnowsRoutesAndRates(t *testing.T) {
	w, res := logged(t, logLines(6000, func(int) time.Duration { return 10 * time.Millisecond }, " 0.020")+"garbage\n")
	if len(w.Routes) != 2 || w.Routes[0].Name != "orders-id" || w.Routes[0].Weight != 4500 || outline(w.Routes[0].Steps) != "await orders-id" {
		t.Errorf("routes %+v", w.Routes)
	}
	if got := w.Upstream("orders-id").Latency; got.Mean() != 20*time.Millisecond {
		t.Errorf("service time %+v", got)
	}
	if w.Arrivals.Kind != model.Constant {
		t.Errorf("equal gaps are %s", w.Arrivals.Kind)
	}
	if got := fmt.Sprint(res.Unmapped); got != "[{1 "+lostLines+"}]" {
		t.Errorf("not mapped: %s", got)
	}
	var length time.Duration
	var requests float64
	for _, s := range w.Stages {
		length += s.For
		requests += s.Rate * s.For.Seconds()
	}
	if len(w.Stages) != maxStages || math.Abs(requests-6000) > 1 || length != 61*time.Second {
		t.Errorf("%d stages have %.1f requests in %s: %v", len(w.Stages), requests, length, w.Stages)
	}
}

func TestTheArrivalPatternIsSeen(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	independent := func(int) time.Duration { return time.Duration(r.ExpFloat64() * float64(50*time.Millisecond)) }
	if w, _ := logged(t, logLines(20_000, independent, "")); w.Arrivals.Kind != model.Poisson {
		t.Errorf("independent clients are %+v", w.Arrivals)
	}
	batches := func(i int) time.Duration {
		if i%20 != 0 {
			return 0
		}
		return time.Duration(r.ExpFloat64() * float64(time.Second))
	}
	w, _ := logged(t, logLines(20_000, batches, ""))
	if w.Arrivals.Kind != model.Bursts || w.Arrivals.Burst < 15 || w.Arrivals.Burst > 25 {
		t.Errorf("batches of 20 are %+v", w.Arrivals)
	}
	// A rate that rises thirtyfold is no burstiness.
	rising := func(i int) time.Duration {
		return time.Duration(r.ExpFloat64() * float64(time.Second) / (1 + 30*float64(i)/20_000))
	}
	if w, _ := logged(t, logLines(20_000, rising, "")); w.Arrivals.Kind != model.Poisson {
		t.Errorf("a rising rate is %+v", w.Arrivals)
	}
}

func TestALogWithoutServiceTimesSaysSo(t *testing.T) {
	_, res := logged(t, logLines(100, func(int) time.Duration { return time.Second }, ""))
	if got := fmt.Sprint(res.Unmapped); got != "[{100 "+lostService+"}]" {
		t.Errorf("not mapped: %s", got)
	}
	if !strings.Contains(res.Comments["routes.health"], "write what they do") {
		t.Error(res.Comments["routes.health"])
	}
}

func TestWhatIsNoAccessLogGetsASentence(t *testing.T) {
	for in, want := range map[string]string{
		"":                         "the file is empty",
		"\n\n":                     "the file is empty",
		"hello\nworld\n":           `none of the 2 lines is in the common or combined log format or JSON; the first is "hello"`,
		"{\"a\": 1}\n":             "none of the 1 lines",
		"\x28\xb5\x2f\xfd..":       "zstd -d",
		strings.Repeat("x", 3<<20): "all it holds is 1 × lines of more than 1 MiB",
	} {
		if _, err := ReadAccessLog("access.log", strings.NewReader(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.30q: error %v, want one that says %q", in, err, want)
		}
	}
	l, err := ReadAccessLog("access.log", strings.NewReader(strings.Repeat("x", 3<<20)+"\n"+logLines(1, func(int) time.Duration { return 0 }, "")))
	if err != nil || l.lost[lostLong] != 1 || l.lines != 1 {
		t.Errorf("a line of 3 MiB: %v", err)
	}
}

func TestWhatIsNoAccessLogSaysWhereAndWhatToGive(t *testing.T) {
	for in, want := range map[string]string{
		"":                  "the file is empty",
		"\n\n":              "the file is empty",
		"\nfoo\nbar\n":      "2:1: none of the 2 lines is in the common or combined log format or JSON; the first is \"foo\"\n  give an access log",
		"{\n \"data\": []}": "1:1: none of the 2 lines is in the common or combined log format or JSON; the first is \"{\"\n  give an access log in the common or combined format, or with a JSON object a line that has a method and a path; traces are for --otlp",
		string(packed([]byte(strings.Repeat("x", 5000)))[:30]): "the gzip file ends in the middle: it is truncated\n  copy or export it again",
	} {
		_, err := ReadAccessLog("test", strings.NewReader(in))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.30q: %v, want %q", in, err, want)
		}
	}
}

// However far apart the requests of a log are, a document comes of it.
func TestRequestsFarApartMakeADocument(t *testing.T) {
	for _, c := range []struct {
		at     []string
		stages bool
		says   string
	}{
		{[]string{"10/Oct/2024:13:55:36", "11/Oct/2024:13:55:36"}, true, "for 24h0m1s"},
		{[]string{"10/Oct/2023:13:55:36", "11/Oct/2024:13:55:36", "11/Oct/2024:13:55:37"}, true, "8808h0m2s"},
		{[]string{"10/Oct/1970:13:55:36", "11/Oct/2024:13:55:36"}, false, "473400h0m1s"},
		{[]string{"10/Oct/0001:13:55:36", "11/Oct/2024:13:55:36", "11/Oct/9999:13:55:36"}, false, "2 × requests without a time"},
	} {
		var log strings.Builder
		for _, at := range c.at {
			fmt.Fprintf(&log, "1.2.3.4 - - [%s +0000] \"GET /a HTTP/1.1\" 200 2326\n", at)
		}
		l, err := ReadAccessLog("test", strings.NewReader(log.String()))
		if err != nil {
			t.Fatal(err)
		}
		r, err := l.Workload(Options{Waits: model.Await})
		if err != nil {
			t.Fatal(err)
		}
		doc, err := r.Document()
		if err != nil || !strings.Contains(string(doc), c.says) || strings.Contains(string(doc), "stages:") != c.stages {
			t.Errorf("%v: %v\n%.600s", c.at, err, doc)
		}
	}
}

// Apache's %T is in whole seconds: taken for microseconds, a slow service would be the
// fastest there is.
func TestSecondsAreNotTakenForMicroseconds(t *testing.T) {
	gap := func(int) time.Duration { return time.Second }
	log := logLines(90, gap, " 0") + logLines(10, gap, " 31")
	w, res := logged(t, log)
	if len(w.Upstreams) > 0 || fmt.Sprint(res.Unmapped) != "[{100 "+lostUnit+"}]" {
		t.Errorf("%v, not mapped: %v", w.Upstreams, res.Unmapped)
	}
	// Of a file in microseconds a few may be as small: a clock that was set.
	if w, _ := logged(t, log+logLines(200, gap, " 1500")); len(w.Upstreams) != 2 {
		t.Errorf("%v", w.Upstreams)
	}
	// Where a few lines lack the time that has a point, a status or a length is left.
	mixed := logLines(80, gap, " 0.012 3") + logLines(40, gap, " - 3")
	if w, res := logged(t, mixed); len(w.Upstreams) != 2 || len(res.Unmapped) > 0 {
		t.Errorf("%v, not mapped: %v", w.Upstreams, res.Unmapped)
	}
}

func FuzzReadAccessLog(f *testing.F) {
	f.Add([]byte(logLines(5, func(i int) time.Duration { return time.Duration(i) * time.Hour }, " 0.5")))
	f.Add([]byte("{\"ts\":1e9,\"request\":{\"method\":\"GET\",\"uri\":\"/x\"},\"duration\":1e-9}\n{\"ts\":4e9,\"method\":\"A\",\"path\":\"*\",\"status\":599}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := ReadAccessLog("fuzz", bytes.NewReader(b))
		if err != nil {
			return
		}
		res, err := l.Workload(Options{Waits: model.Call})
		if err != nil {
			t.Fatalf("%v\n%q", err, b)
		}
		if _, err := res.Document(); err != nil {
			t.Fatalf("%v\n%q", err, b)
		}
	})
}

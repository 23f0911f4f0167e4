package load

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/record"

	"github.com/plimsoll-dev/plimsoll/internal/golden"
)

// spread is n values from d up to 2·d.
func spread(n int, d time.Duration) *record.Hist {
	h := record.NewHist()
	for i := range n {
		h.Record(d + d*time.Duration(i)/time.Duration(n))
	}
	return h
}

// example is a run in which everything happened.
func example() Summary {
	s := Summary{
		Target: "http://127.0.0.1:8080", Address: "127.0.0.1:8080", Start: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC),
		Offered: 30 * time.Second, Elapsed: 30*time.Second + 120*time.Millisecond, End: Completed, Opened: 37,
		Latency: spread(14_990, 12*time.Millisecond), Service: spread(14_980, 9*time.Millisecond), FirstByte: spread(14_980, 8*time.Millisecond),
		Lag: spread(15_000, 80*time.Microsecond), Connect: spread(37, 150*time.Microsecond), Delay: spread(15_010, 50*time.Microsecond),
		Hists: []Hist{
			{Route: 0, Outcome: OK, Code: 200, Metric: Latency, Hist: spread(14_000, time.Millisecond)},
			{Route: 1, Outcome: OK, Code: 404, Metric: Latency, Hist: spread(980, time.Millisecond)},
			{Route: 1, Outcome: Status, Code: 503, Metric: Latency, Hist: spread(16, time.Millisecond)},
			{Route: 1, Outcome: Timeout, Metric: Latency, Hist: spread(10, time.Second)},
		},
		Routes: []RouteSummary{
			{Name: "/search", Counts: Counts{Arrivals: 14_000}, Latency: spread(14_000, 12*time.Millisecond)},
			{Name: "/cart", Counts: Counts{Arrivals: 1010}, Latency: spread(990, 13*time.Millisecond)},
		},
		InFlight: []Sample{{InFlight: 3}, {InFlight: 41}, {InFlight: 12}},
		Counts:   Counts{Arrivals: 15_010, Sent: 15_000, Within: 14_979, Late: 1, Retried: 2},
	}
	s.Outcomes[OK], s.Outcomes[Status], s.Outcomes[Timeout], s.Outcomes[Capped], s.Outcomes[Unfinished] = 14_980, 16, 10, 3, 1
	s.Warnings = s.doubts(&Config{})
	return s
}

func TestTheTableSaysWhatHappened(t *testing.T) {
	for name, s := range map[string]Summary{"example": example(), "empty": {
		Latency: record.NewHist(), Service: record.NewHist(), FirstByte: record.NewHist(),
		Lag: record.NewHist(), Connect: record.NewHist(), Delay: record.NewHist(), End: Cancelled,
	}} {
		var b strings.Builder
		within := 20 * time.Millisecond
		if err := s.WriteTable(&b, within); err != nil {
			t.Fatal(err)
		}
		golden.Check(t, name+".txt", b.String())
		text, err := json.MarshalIndent(s.Digest(within), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		golden.Check(t, name+".json", string(text)+"\n")
	}
}

func TestDoubtsAreNamed(t *testing.T) {
	for _, c := range []struct {
		why    string
		change func(*Summary)
		closed int
		want   string // codes
	}{
		{"nothing to doubt", func(*Summary) {}, 0, ""},
		{"late by 2 ms beside 12 ms", func(s *Summary) { s.Delay = spread(1000, 2*time.Millisecond) }, 0, "generator-late"},
		{"late by 2 ms beside 12 s", func(s *Summary) {
			s.Delay, s.Latency = spread(1000, 2*time.Millisecond), spread(1000, 12*time.Second)
		}, 0, ""},
		{"late by less than it is built to be", func(s *Summary) {
			s.Delay, s.Latency = spread(1000, 400*time.Microsecond), spread(1000, time.Millisecond)
		}, 0, ""},
		{"waiting for connections", func(s *Summary) { s.Lag = spread(1000, 20*time.Millisecond) }, 0, "waited-for-connection"},
		{"waiting for connections because it was late", func(s *Summary) {
			s.Lag, s.Delay = spread(1000, 20*time.Millisecond), spread(1000, 20*time.Millisecond)
		}, 0, "generator-late"},
		{"in a closed loop nobody waits for a connection", func(s *Summary) { s.Lag = spread(1000, 20*time.Millisecond) }, 4, ""},
		{"the client's own failures", func(s *Summary) { s.Errors = []string{"too many open files"} }, 0, "client-failed"},
	} {
		s := example()
		s.Hists = nil
		c.change(&s)
		var codes []string
		for _, w := range s.doubts(&Config{Closed: c.closed}) {
			codes = append(codes, w.Code)
		}
		if got := strings.Join(codes, " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.why, got, c.want)
		}
	}
}

func TestFiguresAreRoundedToWhatIsKnown(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 µs", 1400: "1 µs", 999_400: "999 µs", 999_600: "1.0 ms", 9_940_000: "9.9 ms", 9_960_000: "10 ms", 999 * time.Millisecond: "999 ms",
		999_600 * time.Microsecond: "1.00 s", 12_340 * time.Millisecond: "12.3 s", 200 * time.Second: "200 s",
	} {
		if got := duration(d); got != want {
			t.Errorf("duration(%d) = %q, want %q", d, got, want)
		}
	}
	for _, c := range []struct {
		n, of uint64
		want  string
	}{{0, 0, "–"}, {0, 5, "0 %"}, {1, 1, "100 %"}, {999_999, 1_000_000, "99.99 %"}, {1, 3, "33.33 %"}, {1, 2, "50 %"}} {
		if got := percent(c.n, c.of); got != c.want {
			t.Errorf("percent(%d, %d) = %q, want %q", c.n, c.of, got, c.want)
		}
	}
	for r, want := range map[float64]string{0: "0/s", 0.5: "0.5/s", 12.345: "12.3/s", 1234.4: "1,234/s"} {
		if got := perSecondText(r); got != want {
			t.Errorf("perSecondText(%v) = %q, want %q", r, got, want)
		}
	}
	for _, c := range []struct {
		n    int64
		p    float64
		want bool
	}{{499, .99, false}, {500, .99, true}, {4999, .999, false}, {5000, .999, true}, {10, .5, true}} {
		if known(c.n, c.p) != c.want {
			t.Errorf("known(%d, %v) is not %v", c.n, c.p, c.want)
		}
	}
}

func TestURLsAreSplitOrRefused(t *testing.T) {
	for _, c := range []struct{ url, target, path, err string }{
		{"http://127.0.0.1:8080", "http://127.0.0.1:8080", "/", ""},
		{"http://[::1]:80/a?b=c%20d", "http://[::1]:80", "/a?b=c%20d", ""},
		{"http://localhost/a b", "http://localhost", "/a%20b", ""},
		{"localhost:8080/x", "", "", "has no scheme; write http://localhost:8080/x"},
		{"127.0.0.1:8080", "", "", "has no scheme; write http://127.0.0.1:8080"},
		{"/x", "", "", "has no scheme"},
		{"https://a", "", "", "https is not supported yet"},
		{"ftp://a", "", "", `scheme "ftp" is not http`},
		{"http:///x", "", "", "has no "},
		{"http://:80/x", "", "", "has no host"},
		{"http://u:p@a/", "", "", "write the header Authorization instead"},
		{"http://a/#x", "", "", "a fragment (from # on) is not sent"},
		{"http://a:b/", "", "", "invalid port"},
	} {
		target, path, err := SplitURL(c.url)
		if target != c.target || path != c.path || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("SplitURL(%q) = %q, %q, %v; want %q, %q, %q", c.url, target, path, err, c.target, c.path, c.err)
		}
		if err != nil && strings.Contains(err.Error(), ":p@") {
			t.Errorf("the error shows the password: %v", err)
		}
	}
}

package accuracy

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/plimsoll-dev/plimsoll/internal/golden"
)

// everything has each thing that a report may have to say.
func everything() *Report {
	void := verdict("shared-pool", 8, 8, 8, "none", 1)
	void.Void, void.Reasons = true, []string{"the prober was held up"}
	limited := verdict("rate-limit", -1, 0, 0, High, 0.98)
	rate := 19.8
	limited.Wall.Rate = &rate
	return &Report{
		Seed: 7, Machine: "a CPU; 2 CPUs; linux 6.1; go1.26", Versions: []string{"Go 1.26", "tomcat 10.1"}, Kinds: kinds,
		Trials: []Trial{
			{Peer: "tomcat/pool", Target: "/heavy?ms={ms}", Truth: Truth{Kind: "shared-pool", Low: 200, High: 200, Because: "maxThreads is 200 by default: tomcat.apache.org"}, Verdict: verdict("shared-pool", 201, 198, 203, High, 0.99), Seconds: 31},
			{Peer: "puma/pool", Target: "/heavy?ms=120", Truth: pool(9), Verdict: verdict("shared-pool", 12, 12, 12, High, 0.96), Seconds: 20},
			{Peer: "jetty/pool", Target: "/heavy?ms={ms}", Truth: Truth{Kind: "shared-pool", Low: 20, High: 27}, Verdict: verdict("private-pool", 24, 24, 24, "medium", 0.9), Seconds: 25},
			{Peer: "node/cpu", Target: "/cpu", Truth: Truth{Kind: "serial", Low: 1, High: 1, Also: []string{"cpu"}}, Verdict: verdict("cpu", -1, 0, 0, "low", 0.7), Seconds: 12},
			{Peer: "nginx/limit-req", Target: "/heavy?ms={ms}", Truth: Truth{Kind: "rate-limit", Low: 20, High: 20}, Verdict: limited, Seconds: 18},
			{Peer: "go/plain", Target: "/heavy?ms={ms}", Truth: Truth{Kind: "none"}, Verdict: verdict("unknown", -1, 0, 0, "none", 0.8), Seconds: 90},
			{Peer: "go/shed", Target: "/heavy?ms={ms}", Truth: pool(8), Verdict: void, Seconds: 14},
			{Peer: "apache/pool", Target: "/heavy?ms={ms}", Truth: pool(8), Err: "connection refused", Seconds: 1},
		},
	}
}

func TestReport(t *testing.T) {
	var got bytes.Buffer
	r := everything()
	if err := Write(&got, r); err != nil {
		t.Fatal(err)
	}
	got.WriteString("\n")
	for i := range r.Trials {
		got.WriteString(Line(&r.Trials[i]) + "\n")
	}
	golden.Check(t, "report.md", got.String())
}

func TestAWriterThatFailsIsReported(t *testing.T) {
	full := errors.New("disk full")
	if err := Write(failing{full}, everything()); !errors.Is(err, full) {
		t.Error(err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestOnlyWhatIsBetweenTheMarksIsWrittenAnew(t *testing.T) {
	got, err := Section("# Title\n"+BeginEngines+"kept\n"+End+Begin+"old\n"+End+"rest\n", Begin, "new\n\n")
	if want := "# Title\n" + BeginEngines + "kept\n" + End + Begin + "\nnew\n\n" + End + "rest\n"; got != want || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	again, err := Section(got, Begin, "new")
	if again != got || err != nil {
		t.Errorf("written twice it is %q, %v", again, err)
	}
	for _, document := range []string{"", Begin, End, End + Begin} {
		if _, err := Section(document, Begin, "new"); err == nil || !strings.Contains(err.Error(), "put one where") {
			t.Errorf("%q: %v", document, err)
		}
	}
}

package load

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// recorded runs cfg with a record of it.
func recorded(t *testing.T, ctx context.Context, cfg Config) (Summary, []byte) {
	t.Helper()
	var file bytes.Buffer
	w := record.NewWriter(&file)
	s, err := Record(ctx, cfg, w, record.Meta{Tool: "test", Options: map[string]any{"ratio": 0.5}})
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return s, file.Bytes()
}

func replay(t *testing.T, file []byte) *Replay {
	t.Helper()
	var r Replay
	if _, err := record.Read(bytes.NewReader(file), r.Add); err != nil {
		t.Fatal(err)
	}
	return &r
}

// text is everything that is shown of a summary.
func text(t *testing.T, s *Summary, within time.Duration) string {
	t.Helper()
	var b strings.Builder
	if err := s.WriteTable(&b, within); err != nil {
		t.Fatal(err)
	}
	d := s.Digest(within)
	d.Started = time.Time{} // from two clocks, which are read one after the other
	j, err := json.MarshalIndent(d, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return b.String() + string(j)
}

// various answers in every way, and some requests not at all.
func various(t *testing.T) (target string) {
	answers := []string{ok, "HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 429 X\r\nContent-Length: 0\r\n\r\n"}
	gone := make(chan struct{})
	var n atomic.Int32
	target = server(t, func(p *peer) {
		for {
			req, _, err := p.request()
			if err != nil {
				return
			}
			switch i := int(n.Add(1)); {
			case req.URL.Path == "/silent" && i%3 == 0:
				<-gone
			case i%7 == 0:
				return
			default:
				p.say(answers[i%len(answers)])
			}
		}
	})
	t.Cleanup(func() { close(gone) }) // before the server waits for its connections
	return target
}

func TestARecordGivesTheSummaryOfTheRun(t *testing.T) {
	routes := []Route{{Name: "a", Path: "/", Weight: 3}, {Name: "b", Path: "/silent", Weight: 1}}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for _, c := range []struct {
		name string
		cfg  Config
		end  End
	}{
		{"open loop, two seconds and timeouts", Config{Routes: routes, Stages: []model.Stage{stage(1200*time.Millisecond, 300)}, Timeout: 200 * time.Millisecond, InFlight: 10, Within: time.Second}, Completed},
		{"closed loop", Config{Routes: routes[:1], Closed: 3, Stages: []model.Stage{stage(100*time.Millisecond, 0)}}, Completed},
		{"interrupted, with requests in flight", Config{Routes: routes, Stages: []model.Stage{stage(time.Hour, 100)}, Stop: func(k Tick) bool {
			if k.InFlight > 1 {
				cancel()
			}
			return false
		}}, Cancelled},
	} {
		c.cfg.Target, c.cfg.Seed = various(t), 7
		live, file := recorded(t, ctx, c.cfg)
		r := replay(t, file)
		again := r.Summary()
		if live.End != c.end || live.Arrivals == 0 {
			t.Fatalf("%s: end %q after %d arrivals", c.name, live.End, live.Arrivals)
		}
		if got, want := text(t, &again, c.cfg.Within), text(t, &live, c.cfg.Within); got != want {
			t.Errorf("%s: from the record\n%s\nmeasured\n%s", c.name, got, want)
		}
		for i := range live.InFlight {
			live.InFlight[i].Late, again.InFlight[i].Late = live.InFlight[i].Late.Round(time.Microsecond), again.InFlight[i].Late.Round(time.Microsecond)
		}
		if again.Counts != live.Counts || !reflect.DeepEqual(again.InFlight, live.InFlight) || len(again.Hists) != len(live.Hists) || again.Opened != live.Opened {
			t.Errorf("%s: from the record %+v, measured %+v", c.name, again, live)
		}
		for i := range live.Routes {
			if again.Routes[i].Counts != live.Routes[i].Counts || again.Routes[i].Name != live.Routes[i].Name {
				t.Errorf("%s: route %+v, measured %+v", c.name, again.Routes[i], live.Routes[i])
			}
		}
		if d := again.Start.Sub(live.Start); d.Abs() > time.Minute {
			t.Errorf("%s: start differs by %v", c.name, d)
		}
		wantRows(t, c.name, file, &live, r)
	}
}

// wantRows holds the rows that other readers look at against the summary.
func wantRows(t *testing.T, name string, file []byte, s *Summary, r *Replay) {
	t.Helper()
	if m := r.Meta; m.Command != "load" || m.Seed != 7 || m.Options["ratio"] != 0.5 || m.Options["target"] != s.Target || m.Tool != "test" {
		t.Errorf("%s: meta %+v", name, m)
	}
	var last record.Row
	var gauges int
	if _, err := record.Read(bytes.NewReader(file), func(row record.Row) error {
		if g, ok := row.(*record.Gauge); ok && g.Source == record.SourceLoad {
			gauges++
		}
		last = row
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if gauges != len(s.InFlight) {
		t.Errorf("%s: %d gauges of %d samples", name, gauges, len(s.InFlight))
	}
	trial, isTrial := last.(*record.Trial)
	if !isTrial {
		t.Fatalf("%s: the last row is %+v", name, last)
	}
	l := trial.Load
	var failed int64
	for _, n := range l.Failures {
		failed += n
	}
	if trial.Purpose != record.PurposeLoad || l.Arrivals != int64(s.Arrivals) || l.Within+l.Late+failed != l.Arrivals || failed != int64(s.Failed()) ||
		l.P99us != s.Latency.Quantile(0.99).Microseconds() || l.LagP99us != s.Lag.Quantile(0.99).Microseconds() || l.ServiceUs == 0 || l.InFlight < 0 || trial.Seconds != s.Offered.Seconds() {
		t.Errorf("%s: trial %+v of %+v", name, trial, s)
	}
}

func TestARecordThatEndsEarlyGivesWhatIsKnown(t *testing.T) {
	cfg := Config{Target: various(t), Routes: []Route{{Path: "/"}}, Stages: []model.Stage{stage(2100*time.Millisecond, 100)}, Within: time.Second}
	live, file := recorded(t, context.Background(), cfg)
	whole := replay(t, file).Summary()
	if whole.End != Completed {
		t.Fatalf("end %q", whole.End)
	}
	var (
		r       Replay
		known   uint64 // arrivals in the seconds so far
		seconds int
		last    string // table before the trial row
	)
	if _, err := record.Read(bytes.NewReader(file), func(row record.Row) error {
		if _, ok := row.(*record.Trial); !ok && r.Meta != nil {
			s := r.Summary()
			if s.End != Incomplete || s.Arrivals != known || uint64(s.Latency.Count()) > known || s.Elapsed != time.Duration(seconds)*time.Second {
				t.Fatalf("before %+v: end %q, %d arrivals in %v, want %d in %d s", row, s.End, s.Arrivals, s.Elapsed, known, seconds)
			}
		}
		if second, ok := row.(*record.Second); ok {
			known += second.Routes["/"].Arrivals
			seconds++
		}
		err := r.Add(row)
		if _, ok := row.(*record.Trial); !ok {
			s := r.Summary()
			last = text(t, &s, cfg.Within)
			if strings.Count(last, "warning: the record is incomplete") != 1 || !strings.Contains(last, `"end": "incomplete"`) {
				t.Fatalf("after %+v:\n%s", row, last)
			}
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if known != live.Arrivals || seconds != 3 {
		t.Errorf("%d arrivals in %d seconds; the run had %d", known, seconds, live.Arrivals)
	}
	// A piece of the last row is none.
	s := replay(t, file[:len(file)-20]).Summary()
	if got := text(t, &s, cfg.Within); got != last {
		t.Errorf("cut in the last row:\n%s\nwithout it:\n%s", got, last)
	}
}

func TestARunGoesOnWithoutItsRecord(t *testing.T) {
	full := errors.New("no space left")
	room := 3
	w := record.NewWriter(writerFunc(func(p []byte) (int, error) {
		if room--; room < 0 {
			return 0, full
		}
		return len(p), nil
	}))
	s, err := Record(context.Background(), Config{Target: server(t, answer(ok)), Routes: []Route{{Path: "/"}}, Stages: []model.Stage{stage(100*time.Millisecond, 100)}}, w, record.Meta{})
	if err != nil || s.End != Completed || s.Outcomes[OK] == 0 {
		t.Errorf("%v: end %q, outcomes %v", err, s.End, s.Outcomes)
	}
	if err := w.Close(); !errors.Is(err, full) {
		t.Errorf("close: %v", err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

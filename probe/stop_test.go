package probe

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
	"github.com/plimsoll-dev/plimsoll/record"
)

// An interruption at any moment, before the first answer as well: every connection
// is closed, and the record has a verdict about what was seen until then.
func TestAProbeMayBeInterruptedAtAnyMoment(t *testing.T) {
	ended, heard := map[string]int{}, 0
	for at := time.Nanosecond; at < 40*time.Second; at = at*3/2 + 50*ms {
		synctest.Test(t, func(t *testing.T) {
			s := responder.New(1, responder.Page("/metrics", 200, plainText, func() string { return "process_open_fds 3\n" }), responder.Pool(3), responder.Wait(500*ms, 0, ms))
			ctx, cancel := context.WithTimeout(t.Context(), at)
			defer cancel()
			var file bytes.Buffer
			err := Run(ctx, Config{
				Heavy: Request{URL: "http://s/heavy"}, Canary: &Request{URL: "http://s/canary"}, Metrics: &Request{URL: "http://s/metrics"}, MaxConcurrency: 64, Dial: s.Dial,
			}, record.NewWriter(&file), record.Meta{})
			time.Sleep(time.Minute) // of the bubble: the service works on for nobody
			synctest.Wait()
			if n := s.Open(); n > 0 {
				t.Errorf("after %v: %d connections are open", at, n)
			}
			h := new(History)
			if _, err := record.Read(&file, h.Add); err != nil {
				t.Fatalf("after %v: %v", at, err)
			}
			v := Judge(h)
			ended[h.End]++
			if h.End == endCompleted {
				return
			}
			heard += len(h.Experiments)
			if !errors.Is(err, context.DeadlineExceeded) || h.End != endInterrupted || len(v.Warnings) != 1 || v.Warnings[0].Code != "interrupted" {
				t.Errorf("after %v: error %v, end %q, warnings %v", at, err, h.End, v.Warnings)
			}
		})
	}
	if ended[endInterrupted] < 10 || ended[endCompleted] == 0 || heard == 0 {
		t.Errorf("it ended %v", ended)
	}
}

// A time that is over before the first answer is the prober's, not the service's
// fault.
func TestTimeThatIsOverBeforeAnAnswerIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := responder.New(1, responder.Wait(20*time.Second, 0, ms))
		var file bytes.Buffer
		err := Run(t.Context(), Config{Heavy: Request{URL: "http://s/heavy"}, MaxTime: 5 * time.Second, Dial: s.Dial}, record.NewWriter(&file), record.Meta{})
		if err == nil || !strings.Contains(err.Error(), "--max-time=5s was over") || strings.Contains(err.Error(), "30s") {
			t.Errorf("error %v", err)
		}
		time.Sleep(time.Minute) // of the bubble: as above
	})
}

// However a probe ends, it has closed its connections, it has looked after the
// service, and its record says why it ended and reads to its end.
func TestAProbeThatIsCutShortLeavesTheServiceAsItWas(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  Config
		stop time.Duration
		end  string
	}{
		{"interrupted", Config{}, 4 * time.Second, endInterrupted},
		{"out of time", Config{MaxTime: 4 * time.Second}, time.Hour, endTime},
		{"a canary that waits too long", Config{CanaryBudget: 300 * ms}, time.Hour, endCanary},
		{"out of requests", Config{MaxConcurrency: 2}, time.Hour, endRequests},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := responder.New(1, responder.Pool(3), responder.Wait(500*ms, 0, ms))
				ctx, cancel := context.WithTimeout(t.Context(), c.stop)
				defer cancel()
				c.cfg.Heavy, c.cfg.Canary, c.cfg.Dial = Request{URL: "http://s/heavy"}, &Request{URL: "http://s/canary"}, s.Dial
				var file bytes.Buffer
				err := Run(ctx, c.cfg, record.NewWriter(&file), record.Meta{})
				if (c.end == endInterrupted) != errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("error %v", err)
				}
				synctest.Wait()
				if n := s.Open(); n > 0 {
					t.Errorf("%d connections are open", n)
				}
				h := new(History)
				if _, err := record.Read(&file, h.Add); err != nil {
					t.Fatal(err)
				}
				if h.End != c.end {
					t.Errorf("it ended because of %q, want %q\n%s", h.End, c.end, told(h))
				}
				if last := h.Experiments[len(h.Experiments)-1]; last.What != record.ExperimentSettle {
					t.Errorf("the last experiment was a %s", last.What)
				}
				if v := Judge(h); len(v.Warnings) == 0 || v.Warnings[0].Code != c.end {
					t.Errorf("warnings %v", v.Warnings)
				}
			})
		})
	}
}

package probe

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
	"github.com/plimsoll-dev/plimsoll/record"
)

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

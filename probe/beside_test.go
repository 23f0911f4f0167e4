package probe

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
	"github.com/plimsoll-dev/plimsoll/record"
)

// Two names of one route are no heavy one and its canary.
func TestACanaryIsAnotherRoute(t *testing.T) {
	cfg := Config{Heavy: Request{URL: "http://s/heavy"}, Canary: &Request{URL: "http://s/heavy"}}
	if err := cfg.Check(); err == nil || !strings.Contains(err.Error(), "are the same") {
		t.Error(err)
	}
	cfg.Heavy.Method, cfg.AllowUnsafe = "POST", true
	if err := cfg.Check(); err != nil {
		t.Errorf("another method is another route: %v", err)
	}
}

// A canary that is asked for elsewhere may be of another service, and then does not
// wait whatever this one's routes share.
func TestACanaryOfAnotherServiceLeavesADoubt(t *testing.T) {
	v, h := probed(t, 32, func() *responder.Service {
		return responder.New(1, responder.Private(responder.Pool(7)), responder.Wait(200*ms, 0, ms))
	})
	if v.Wall.Kind != PrivatePool || v.Confidence != "high" {
		t.Fatalf("%s, confidence %s\n%s", v.Wall.Kind, v.Confidence, told(h))
	}
	h.Warnings = append(h.Warnings, record.Warning{Code: codeElsewhere})
	if v := Judge(h); v.Wall.Kind != PrivatePool || v.Confidence != "medium" {
		t.Errorf("%s, confidence %s", v.Wall.Kind, v.Confidence)
	}
}

// Beside requests that are hardly slower than itself, a canary cannot be seen to
// wait.
func TestACanaryThatIsNearlyAsSlowIsDoubted(t *testing.T) {
	for canary, doubted := range map[time.Duration]bool{30 * ms: false, 40 * ms: true} {
		v, h := probed(t, 16, func() *responder.Service {
			return responder.New(1, responder.Pool(3), responder.Wait(100*ms, 0, canary))
		})
		if got := slices.ContainsFunc(v.Warnings, func(w Warning) bool { return w.Code == "canary-slow" }); got != doubted {
			t.Errorf("a canary of %v: warnings %q\n%s", canary, v.Warnings, told(h))
		}
	}
}

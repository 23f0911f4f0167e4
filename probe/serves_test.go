package probe

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
)

// A busy process that is not the service says nothing of the service's CPU: it is
// not looked at, which is said, and the verdict is that of a probe without it.
func TestAProcessThatDoesNotServeIsNoEvidence(t *testing.T) {
	for _, serves := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := responder.New(1, responder.Pool(3), responder.Wait(100*ms, 0, ms))
			looked := 0
			var asked netip.AddrPort
			h, _ := seenBy(t, Config{
				Heavy: Request{URL: "http://name/heavy"}, Canary: &Request{URL: "http://name/canary"}, MaxConcurrency: 16, Dial: s.Dial,
				Inside: func() (Inside, error) {
					looked++
					return Inside{Processes: 1, Threads: 9, CPUs: 2}, nil
				},
				Serves: func(at netip.AddrPort) error {
					asked = at
					if serves {
						return nil
					}
					return errors.New("what listens there is process 7")
				},
			})
			v := Judge(h)
			if want := netip.MustParseAddrPort("127.0.0.1:80"); asked != want {
				t.Errorf("it was asked who serves at %v, not at %v", asked, want)
			}
			warned := slices.ContainsFunc(v.Warnings, func(w Warning) bool {
				return w.Code == "no-proc" && strings.Contains(w.Text, "--pid: what listens there is process 7; the probe goes on without it")
			})
			if warned == serves || (looked > 0) != serves || says(v, "the service used") != serves {
				t.Errorf("serves: %t; looked %d times, warnings %q, evidence %q", serves, looked, v.Warnings, v.Wall.Evidence)
			}
			if v.Wall.Kind != SharedPool || *v.Wall.Limit != 3 {
				t.Errorf("%s\n%s", v.Wall.Kind, told(h))
			}
		})
	}
}

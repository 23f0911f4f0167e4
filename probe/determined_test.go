package probe

import (
	"bytes"
	"testing"
	"testing/synctest"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
	"github.com/plimsoll-dev/plimsoll/record"
)

// In virtual time the same service is seen the same, to the byte, whatever the
// order in which goroutines came to run: a test that fails once fails always.
func TestAProbeInVirtualTimeDoesNotDependOnChance(t *testing.T) {
	arithmetic(t)
	recorded := func(build func() *responder.Service) (text []byte) {
		synctest.Test(t, func(t *testing.T) {
			s := build()
			var file bytes.Buffer
			if err := Run(t.Context(), Config{Heavy: Request{URL: "http://service/heavy"}, Canary: &Request{URL: "http://service/canary"},
				MaxConcurrency: 64, Dial: s.Dial}, record.NewWriter(&file), record.Meta{}); err != nil {
				t.Fatal(err)
			}
			text = file.Bytes()
		})
		return text
	}
	for name, build := range map[string]func() *responder.Service{
		"processes": func() *responder.Service {
			return responder.New(1, responder.Lanes(4, 3, true), responder.Wait(100*ms, 0.2, ms))
		},
		"limiter": func() *responder.Service {
			return responder.New(1, responder.Limiter(20, 5), responder.Wait(100*ms, 0, ms))
		},
		"queue": func() *responder.Service {
			return responder.New(1, responder.Bounded(4, 3), responder.Wait(100*ms, 0, ms))
		},
		"cpu": func() *responder.Service {
			return responder.New(1, responder.Wait(50*ms, 0.1, ms), responder.Compute(2, 20*ms, ms))
		},
	} {
		once, again := bytes.Split(recorded(build), []byte("\n")), bytes.Split(recorded(build), []byte("\n"))
		for i := range min(len(once), len(again)) {
			if !bytes.Equal(once[i], again[i]) {
				t.Fatalf("%s: row %d of %d and %d differs:\n%s\n%s", name, i, len(once), len(again), once[i], again[i])
			}
		}
	}
}

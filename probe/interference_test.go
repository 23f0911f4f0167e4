package probe

import (
	"errors"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
	"github.com/plimsoll-dev/plimsoll/record"
)

// Whether others had the CPUs is seen before the service is asked anything, and at
// the end; not from how busy they are meanwhile, which may be the service's doing.
func TestOthersWhoHaveTheCPUAreNoticed(t *testing.T) {
	for _, c := range []struct {
		name     string
		cpus     int
		used     func(at time.Duration) float64 // CPUs in use
		steal    float64                        // share of all
		address  string
		warnings []string
	}{
		{"idle", 2, func(time.Duration) float64 { return 0.1 }, 0, "127.0.0.1:80", nil},
		{"one of two is used", 2, func(time.Duration) float64 { return 1.05 }, 0, "127.0.0.1:80", []string{codeBusy}},
		{"one of eight is used", 8, func(time.Duration) float64 { return 1.05 }, 0, "[::1]:80", nil},
		{"the only one, now and then", 1, func(time.Duration) float64 { return 0.3 }, 0, "[::1]:80", []string{codeBusy}},
		{"a service that has just begun", 2, func(at time.Duration) float64 { return 2 - min(2, at.Seconds()) }, 0, "127.0.0.1:80", nil},
		{"the hypervisor", 2, func(time.Duration) float64 { return 0.1 }, 0.2, "127.0.0.1:80", []string{codeSteal}},
		{"all is used here, the service is elsewhere", 2, func(time.Duration) float64 { return 2 }, 0.2, "10.0.0.1:80", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				var busy time.Duration
				last := start
				machine := func() (Machine, error) {
					for now := time.Now(); last.Before(now); last = last.Add(time.Millisecond) {
						busy += time.Duration(c.used(last.Sub(start)) * float64(time.Millisecond))
					}
					return Machine{CPUs: c.cpus, Busy: busy, Steal: time.Duration(c.steal * float64(c.cpus) * float64(time.Since(start)))}, nil
				}
				r := &runner{cfg: &Config{Machine: machine}, history: new(History), reached: map[string]string{"service:80": c.address},
					heavy: &message{address: "service:80"}, w: record.NewWriter(io.Discard), start: start}
				if err := r.write(record.Meta{Format: record.Format}); err != nil {
					t.Fatal(err)
				}
				first, err := r.interference(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(10 * time.Second) // of the bubble's
				if err := r.stolen(first); err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, w := range r.history.Warnings {
					got = append(got, w.Code)
				}
				if !slices.Equal(got, c.warnings) {
					t.Errorf("warnings %v, not %v", got, c.warnings)
				}
			})
		})
	}
}

func TestASystemThatDoesNotTellIsNotWarnedOf(t *testing.T) {
	r := &runner{cfg: &Config{Machine: func() (Machine, error) { return Machine{}, errors.ErrUnsupported }}, history: new(History),
		reached: map[string]string{"service:80": "127.0.0.1:80"}, heavy: &message{address: "service:80"}}
	first, err := r.interference(t.Context())
	if err = errors.Join(err, r.stolen(first)); err != nil || len(r.history.Warnings) > 0 {
		t.Errorf("%v, %v", err, r.history.Warnings)
	}
}

func TestAVerdictOfABusyMachineIsNeverHigh(t *testing.T) {
	v, h := probed(t, 64, func() *responder.Service { return responder.New(1, responder.Pool(7), responder.Wait(200*ms, 0, ms)) })
	if v.Confidence != "high" {
		t.Fatalf("on a calm one it is %s", v.Confidence)
	}
	h.Warnings = append(h.Warnings, record.Warning{Code: codeBusy, Text: "all in use"})
	if v := Judge(h); v.Confidence != "medium" || v.Wall.Kind != SharedPool || !slices.ContainsFunc(v.Warnings, func(w Warning) bool { return w.Code == codeBusy }) {
		t.Errorf("%s, confidence %s, %v", v.Wall.Kind, v.Confidence, v.Warnings)
	}
}

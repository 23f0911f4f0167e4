package probe

import (
	"bytes"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
	"github.com/plimsoll-dev/plimsoll/record"
)

// probed probes a service in virtual time.
func probed(t *testing.T, limit int, build func() *responder.Service) (v *Verdict, h *History) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := build()
		h, _ = seenBy(t, Config{
			Heavy: Request{URL: "http://service/heavy"}, Canary: &Request{URL: "http://service/canary"},
			MaxConcurrency: limit, Dial: s.Dial,
		})
		synctest.Wait()
		if n := s.Open(); n > 0 {
			t.Errorf("%d connections were left open", n)
		}
		v = Judge(h)
		if s.Requests() > 30*h.cap() {
			t.Errorf("%d requests were sent, more than 30 × %d", s.Requests(), h.cap())
		}
	})
	return v, h
}

// seenBy probes, in a bubble, and returns what was seen from the record as it would
// be written to a file, and that.
func seenBy(t *testing.T, cfg Config) (*History, []byte) {
	t.Helper()
	var file bytes.Buffer
	if err := Run(t.Context(), cfg, record.NewWriter(&file), record.Meta{}); err != nil {
		t.Fatal(err)
	}
	h := new(History)
	info, err := record.Read(bytes.NewReader(file.Bytes()), h.Add)
	if err != nil {
		t.Fatal(err)
	}
	h.Hash = info.Hash
	return h, file.Bytes()
}

// told is what a probe did, for a test that failed.
func told(h *History) string {
	var b bytes.Buffer
	for i := range h.Experiments {
		o := &h.Experiments[i]
		fates := map[int]int{}
		for _, s := range h.samples(o) {
			fates[s.fate]++
		}
		s := shapeOf(o.Heavy)
		fmt.Fprintf(&b, "%6.2fs %-8s %3d opened=%-5v kept=%-5v answered %d refused %d failed %d, canaries %v late %v %s | %s\n", float64(o.T)/1e9, o.What, o.Count, o.Opened, o.Kept, s.count(), s.refused, s.failed, fates, time.Duration(o.Late), o.Disturbed, o.Why)
	}
	return b.String()
}

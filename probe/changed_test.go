package probe

import (
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
)

// after has so many requests for a path answered, and then sends all elsewhere.
func after(n int64, path string, status int) responder.Wall {
	var seen atomic.Int64
	return func(c *responder.Call, next func()) {
		if c.Request.URL.Path == path && seen.Add(1) > n {
			c.Status = status
			return
		}
		next()
	}
}

// A session that ends while a service is probed is neither a wall nor a canary
// that waits; the probe stops and says so.
func TestAServiceThatNoLongerDoesTheWorkIsNotProbedOn(t *testing.T) {
	for _, c := range []struct {
		name, path string
		n          int64
		status     int
		want       string
	}{
		{"at once", "/heavy", 1, 302, "--heavy was answered with 302 Found, which is not the work"},
		{"in the second baseline", "/heavy", 9, 302, "--heavy was answered with 302 Found"},
		{"in a wave", "/heavy", 40, 401, "--heavy was answered with 401 Unauthorized"},
		{"the canary alone", "/canary", 30, 303, "--canary was answered with 303 See Other"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := responder.New(1, after(c.n, c.path, c.status), responder.Wait(200*ms, 0, ms))
				h, _ := seenBy(t, Config{
					Heavy: Request{URL: "http://s/heavy"}, Canary: &Request{URL: "http://s/canary"}, MaxConcurrency: 64, Dial: s.Dial,
				})
				v := Judge(h)
				if n := len(v.Warnings); h.End != endChanged || n != 1 || !strings.Contains(v.Warnings[0].Text, c.want) {
					t.Errorf("it ended because of %q; warnings %q, want …%s…\n%s", h.End, v.Warnings, c.want, told(h))
				}
				if v.Confidence == "high" {
					t.Errorf("%s, confidence %s\n%s", v.Wall.Kind, v.Confidence, told(h))
				}
				for _, s := range h.Sightings() {
					if s.Fate == Waited {
						t.Errorf("a canary beside %d is said to have waited\n%s", s.Held, told(h))
					}
				}
			})
		})
	}
}

package probe

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
)

// from does something to every request that comes later than that after the first.
func from(after time.Duration, what responder.Wall) responder.Wall {
	var once sync.Once
	var start time.Time
	return func(c *responder.Call, next func()) {
		once.Do(func() { start = time.Now() })
		if time.Since(start) < after {
			next()
			return
		}
		what(c, next)
	}
}

// Who drove a service to its limit has to know that it did not come back.
func TestAServiceThatIsGoneIsSaid(t *testing.T) {
	t.Parallel()
	drop := func(c *responder.Call, next func()) { c.Drop = true }
	away := func(c *responder.Call, next func()) { c.Status = 503 }
	for _, c := range []struct {
		name string
		wall responder.Wall
		gone bool
	}{
		{"dies", from(3400*ms, drop), true},
		{"hangs", nil, true},
		{"turns everybody away, and says so", from(3400*ms, away), false},
		{"does not serve in time what comes all at once", responder.Pool(1), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				end := make(chan struct{})
				if c.wall == nil {
					c.wall = from(3400*ms, func(*responder.Call, func()) { <-end })
				}
				s := responder.New(1, c.wall, responder.Wait(100*ms, 0, ms))
				h, _ := seenBy(t, Config{Heavy: Request{URL: "http://s/heavy"}, Canary: &Request{URL: "http://s/canary"}, MaxConcurrency: 16, Dial: s.Dial})
				said := ""
				for _, w := range Judge(h).Warnings {
					if w.Code == "gone" {
						said = w.Text
					}
				}
				if c.gone && !strings.Contains(said, "s on the service answered none of ") || !c.gone && said != "" {
					t.Errorf("it says %q\n%s", said, told(h))
				}
				close(end)
				for s.Open() > 0 { // until all it was asked for is done
					time.Sleep(ms)
				}
			})
		})
	}
}

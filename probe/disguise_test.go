package probe

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
)

// A service that answers those that are too many with 200 and not the work turns
// them away.
func TestAnAnswerThatIsNotTheWorkTurnsAway(t *testing.T) {
	t.Parallel()
	arithmetic(t)
	for seed := range seeds(t, 1) {
		r := rand.New(rand.NewPCG(seed, 53))
		n, wait, cv := 1+r.IntN(25), time.Duration(50+r.IntN(300))*ms, 0.3*r.Float64()
		for _, bytes := range []int{0, 118} {
			t.Run(fmt.Sprintf("%d/%v/%.2f/%d bytes", n, wait, cv, bytes), func(t *testing.T) {
				v, h := probed(t, 64, func() *responder.Service {
					wall := responder.Degrading(n, bytes)
					if seed%2 == 0 {
						wall = responder.Private(wall)
					}
					return responder.New(seed, wall, responder.Wait(wait, cv, ms))
				})
				check(t, &known{kind: Shedding, limit: n}, 0, v, h)
				says, surest := fmt.Sprintf("answers past %d come in 1", n), "medium"
				if bytes > 0 {
					says, surest = "with another body (118 bytes instead of 2): a fallback, not the work", "high"
				}
				if !strings.Contains(strings.Join(v.Wall.Evidence, "\n"), says) || v.Confidence != surest {
					t.Errorf("confidence %s, %q; %+v\n%s", v.Confidence, v.Wall.Evidence, v.Hypotheses, told(h))
				}
			})
		}
	}
}

// found is what a request takes that need not be worked on.
var found = responder.Wait(ms, 0, ms)

// cached keeps what it has for so long: requests that find it are answered at once.
func cached(keeps time.Duration) responder.Wall {
	var mu sync.Mutex // guards until
	var until time.Time
	return func(c *responder.Call, next func()) {
		mu.Lock()
		hit := c.Heavy && time.Now().Before(until)
		mu.Unlock()
		if hit {
			found(c, func() {})
			return
		}
		next()
		mu.Lock()
		until = time.Now().Add(keeps)
		mu.Unlock()
	}
}

// hit answers a share of requests at once, whichever they are.
func hit(share float64) responder.Wall {
	return func(c *responder.Call, next func()) {
		if c.Heavy && c.Chance() < share {
			found(c, func() {})
			return
		}
		next()
	}
}

// batched serves as soon as n requests are there, or when the first has waited.
func batched(n int, wait time.Duration) responder.Wall {
	var mu sync.Mutex // guards what follows
	waiting, full := 0, make(chan struct{})
	return func(c *responder.Call, next func()) {
		if !c.Heavy {
			next()
			return
		}
		mu.Lock()
		mine := full
		if waiting++; waiting == n {
			close(full)
			waiting, full = 0, make(chan struct{})
		} else if waiting == 1 {
			time.AfterFunc(wait, func() {
				mu.Lock()
				defer mu.Unlock()
				if mine == full {
					close(full)
					waiting, full = 0, make(chan struct{})
				}
			})
		}
		mu.Unlock()
		<-mine
		next()
	}
}

// joined has requests that come while one is worked on share its answer.
func joined() responder.Wall {
	var mu sync.Mutex // guards working
	var working chan struct{}
	return func(c *responder.Call, next func()) {
		if !c.Heavy {
			next()
			return
		}
		mu.Lock()
		if mine := working; mine != nil {
			mu.Unlock()
			<-mine
			return
		}
		mine := make(chan struct{})
		working = mine
		mu.Unlock()
		next()
		mu.Lock()
		close(mine)
		working = nil
		mu.Unlock()
	}
}

// What is quick now and then, from some time on, or because others came, does the
// work all the same.
func TestQuickAnswersAreNotAlwaysADisguise(t *testing.T) {
	t.Parallel()
	arithmetic(t)
	for seed := range seeds(t, 1) {
		r := rand.New(rand.NewPCG(seed, 59))
		wait := time.Duration(60+r.IntN(300)) * ms
		work := func() responder.Wall { return responder.Wait(wait, 0.05, ms/2) }
		for name, build := range map[string]func() *responder.Service{
			"hit now and then": func() *responder.Service {
				return responder.New(seed, hit(0.02+0.6*rand.New(rand.NewPCG(seed, 61)).Float64()), work())
			},
			"full after a while": func() *responder.Service { return responder.New(seed, responder.Warming(wait/8, 8, 12, ms/2)) },
			"kept for a second":  func() *responder.Service { return responder.New(seed, cached(time.Second), work()) },
			"kept for a moment":  func() *responder.Service { return responder.New(seed, cached(wait/20), work()) },
			"in batches": func() *responder.Service {
				return responder.New(seed, batched(4+int(seed%9), wait), responder.Wait(5*ms, 0, ms/2))
			},
			"one for all": func() *responder.Service { return responder.New(seed, joined(), work()) },
			"exponential": func() *responder.Service {
				return responder.New(seed, responder.Private(responder.Pool(20)), responder.Tailed(wait, 1, ms/2))
			},
			"heavy tail": func() *responder.Service {
				return responder.New(seed, responder.Wait(wait, 2, ms/2))
			},
		} {
			t.Run(fmt.Sprintf("%s/%v/%d", name, wait, seed), func(t *testing.T) {
				v, h := probed(t, 64, build)
				if h.bare() != h || v.Wall.Kind == Shedding {
					t.Errorf("%s, confidence %s, %q; %+v\n%s", v.Wall.Kind, v.Confidence, v.Wall.Evidence, v.Hypotheses, told(h))
				}
			})
		}
	}
}

// Records from before the lengths of bodies were kept say the same by times alone.
func TestADisguiseIsKnownWithoutBodies(t *testing.T) {
	_, h := probed(t, 64, func() *responder.Service {
		return responder.New(1, responder.Private(responder.Degrading(9, 118)), responder.Wait(100*ms, 0, ms))
	})
	old := &History{Meta: h.Meta, First: h.First, Requests: h.Requests, End: h.End}
	opened := false
	for i, o := range h.Experiments {
		o.Heavy = slices.Clone(o.Heavy)
		for k := range o.Heavy {
			r := &o.Heavy[k]
			r.Body = 0
			if o.Opened { // who is first of those that are sent at the same moment is chance
				last := begun(&h.Experiments[i].Heavy[len(o.Heavy)-1-k])
				r.Sent, r.Done = last, r.Done+last-begun(r)
				opened = true
			}
		}
		if o.Opened {
			slices.Reverse(o.Heavy)
		}
		old.Experiments = append(old.Experiments, o)
	}
	v := Judge(old)
	if !opened || v.Wall.Kind != Shedding || *v.Wall.Limit != 9 || v.Confidence != "medium" {
		t.Errorf("%s, confidence %s; %+v", v.Wall.Kind, v.Confidence, v.Hypotheses)
	}
}

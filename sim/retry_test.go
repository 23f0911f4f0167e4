package sim

import (
	"math"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/load"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/sim/event"
)

const station = `
upstreams: {u: {latency: {exponential: 10ms}}}
routes: {r: {steps: [{await: u}]}}
timeout: 10m
in-flight: 100000
`

// Whoever finds the server busy and comes again after an exponential time, for as
// often as it takes, is in the M/M/1/1 retrial queue (Falin and Templeton, Retrial
// Queues, 1997, 1.2): in the orbit are ρ(λ+ρν)/((1-ρ)ν) on average.
func TestRetriesAreTheRetrialQueue(t *testing.T) {
	for _, c := range []struct{ rate, again float64 }{{50, 20}, {50, 200}, {70, 100}} {
		r := simulate(t, "thread:max=1,queue=0", station, c.rate, func(x *Config) {
			x.Retry = Retry{Times: math.MaxInt32, Wait: model.Dist{Kind: model.DistExponential, A: time.Duration(1e9 / c.again)}}
		})
		var b event.Batches
		r.ended = func(e Ended) { b.Add(float64(e.Done-e.Intended) / 1e9) }
		r.until(4000 * time.Second)
		rho := c.rate / 100
		truth := rho*(c.rate+rho*c.again)/((1-rho)*c.again)/c.rate + 0.01
		if mean, half := b.Interval(); math.Abs(mean-truth) > 2*half || half > 0.05*truth {
			t.Errorf("λ %g, ν %g: %.4g ± %.2g s; the formula has %.4g", c.rate, c.again, mean, half, truth)
		}
		if r.outcomes[load.OK] == 0 || r.outcomes[load.Status] > 0 {
			t.Errorf("%v", r.outcomes)
		}
	}
}

func TestARequestIsRetriedSoOftenAndEndsOnce(t *testing.T) {
	for _, c := range []struct {
		name, engine, document string
		rate                   float64
		outcome                load.Outcome
		took                   time.Duration
	}{
		{"timeouts", "goroutine", "upstreams: {u: {latency: 30s}}\nroutes: {r: {steps: [{await: u}]}}\ntimeout: 2s\narrivals: constant\n", 1, load.Timeout, 4*2*time.Second + 7*100*time.Millisecond},
		{"refusals", "thread:max=1,queue=0", "upstreams: {u: {latency: 30s}}\nroutes: {r: {steps: [{await: u}]}, s: {weight: 0, steps: [{await: u}]}}\ntimeout: 1m\narrivals: constant\n", 1, load.Status, 7 * 100 * time.Millisecond},
		{"no connection", "thread:max=1,connections=1", "upstreams: {u: {latency: 1h}}\nroutes: {r: {steps: [{await: u}]}, s: {weight: 0, steps: [{await: u}]}}\ntimeout: 2s\narrivals: constant\n", 1, load.ConnectTimeout, 4*2*time.Second + 7*100*time.Millisecond},
	} {
		r := simulate(t, c.engine, c.document, c.rate, func(x *Config) {
			x.Retry = Retry{Times: 3, Wait: model.Dist{Kind: model.DistConstant, A: 100 * time.Millisecond}, Double: true}
			x.Stages[0].For = 4 * time.Second
		})
		if c.outcome != load.Timeout { // somebody is there already
			r.send(1, 1, 0)
		}
		n := 0
		r.ended = func(e Ended) {
			if e.Route > 0 || c.outcome == load.Status && e.Intended == 0 {
				return
			}
			if n++; e.Outcome != c.outcome || e.Retries != 3 || time.Duration(e.Done-e.Intended) != c.took {
				t.Errorf("%s: %+v; expected %s after %s", c.name, e, c.outcome, c.took)
			}
		}
		x := r.until(25 * time.Second)
		if n < 3 || x.Retried < 3*uint64(n) {
			t.Errorf("%s: %d ended, %d were sent again", c.name, n, x.Retried)
		}
	}
}

// A request that is sent again is one of those that clients may have open.
func TestRetriesPastTheCapAreNotSent(t *testing.T) {
	r := simulate(t, "goroutine", waitsFor("await", "1h"), 10, func(c *Config) {
		c.Workload.InFlight, c.Workload.Timeout = 7, time.Second
		c.Retry = Retry{Times: 2}
		c.Stages[0].For = 3 * time.Second
	})
	gaveUp := 0
	r.ended = func(e Ended) {
		if e.Outcome == load.Capped && (e.Done > e.Intended || e.Instance != -1) {
			t.Errorf("it was sent, and is said not to be: %+v", e)
		}
		if e.Outcome == load.Timeout && e.Retries < 2 { // there was no room for another
			gaveUp++
			if e.Instance != 0 {
				t.Errorf("%+v", e)
			}
		}
	}
	x := r.until(time.Minute)
	if most := r.clients.inFlight.Max; most != 7 || gaveUp == 0 || x.Retried == 0 {
		t.Errorf("%d open at once, where 7 may be; %d were retried, and of %d it was the end", most, x.Retried, gaveUp)
	}
	if n := r.outcomes[load.Capped] + r.outcomes[load.Timeout]; n != 30 || x.InFlight != 0 {
		t.Errorf("%d of 30 ended, %d in flight: %v", n, x.InFlight, r.outcomes)
	}
}

// A burst that nobody notices without retries is what a service does not recover
// from with them: a metastable failure (Bronson et al., HotOS 2021).
func TestRetriesKeepAnOverloadGoing(t *testing.T) {
	good := func(retry Retry) float64 {
		r := simulate(t, "thread:max=10", station, 0, func(c *Config) {
			c.Retry, c.Workload.Timeout = retry, 200*time.Millisecond
			c.Stages = []model.Stage{{For: 5 * time.Second, Rate: 700}, {For: 5 * time.Second, Rate: 1500}, {For: 1000 * time.Second, Rate: 700}}
		})
		return r.perSecond(30*time.Second, 40*time.Second)
	}
	if without, with := good(Retry{}), good(FullJitter(5, 50*time.Millisecond)); without < 650 || with > 100 {
		t.Errorf("20 s after a burst, of 700 a second %.0f are answered without retries, and %.0f with", without, with)
	}
}

// A client of a closed loop that is refused at once thinks again, and is the same.
func TestClientsOfAClosedLoopAreRefusedAndComeAgain(t *testing.T) {
	for _, retry := range []Retry{{}, FullJitter(2, time.Millisecond)} {
		r := simulate(t, "thread:max=1,queue=1", station, 0, func(c *Config) {
			c.Clients, c.Think, c.Retry = 50, model.Dist{Kind: model.DistExponential, A: 10 * time.Millisecond}, retry
		})
		x := r.until(20 * time.Second)
		if r.outcomes[load.Status] == 0 || r.outcomes[load.OK] == 0 || x.InFlight > 50 {
			t.Errorf("%v, %d in flight", r.outcomes, x.InFlight)
		}
		if retry.Times > 0 && x.Retried == 0 {
			t.Error("nobody comes again")
		}
	}
}

package sim

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/load"
	"github.com/plimsoll-dev/plimsoll/model"
)

// waitsFor is a service whose one step takes a time.
func waitsFor(verb, time string) string {
	step := verb + ": " + time
	if verb == "await" || verb == "call" {
		step = verb + ": u"
	}
	return "\nupstreams: {u: {latency: " + time + "}, other: {latency: 1ms}}\nroutes: {slow: {steps: [{" + step + "}]}}\narrivals: constant\ntimeout: 20s\nin-flight: 5000\n"
}

// afterAwait is the same behind another wait that is awaited.
func afterAwait(verb, time string) string {
	return "\nupstreams: {u: {latency: " + time + "}, other: {latency: 1ms}}\nroutes: {slow: {steps: [{await: other}, {" +
		map[string]string{"call": "call: u", "await": "await: u", "block": "block: " + time, "compute": "compute: " + time}[verb] +
		"}]}}\narrivals: constant\ntimeout: 20s\nin-flight: 5000\n"
}

func inMonitor(verb string) string {
	return `
upstreams: {u: {latency: 19ms}}
resources: {m: {monitor: true}, other: {monitor: true}}
routes: {slow: {steps: [{hold: m, steps: [{` + verb + `: u}]}]}}
arrivals: constant
timeout: 20s
in-flight: 5000
`
}

// Who pays, in virtual time, costs free: what an engine answers per second when it
// is asked for more than it can, by arithmetic.
func TestWhoPaysForWhichVerb(t *testing.T) {
	const plenty = 2000 // requests per second, none of which is refused for want of anything
	for _, c := range []struct {
		engine, document string
		cpus             int
		rate, want       float64 // asked for and answered, per second
		why              string
	}{
		{"thread:max=200", waitsFor("await", "200ms"), 1, plenty, 1000, "200 threads × 200 ms"},
		{"thread:max=200", waitsFor("call", "200ms"), 1, plenty, 1000, "await and call are the same to a thread"},
		{"thread:max=200", waitsFor("block", "200ms"), 1, plenty, 1000, "and block"},
		{"thread:max=200", waitsFor("compute", "10ms"), 2, plenty, 200, "2 CPUs, however many threads"},
		{"thread:max=50", waitsFor("await", "2s"), 1, 100, 25, "50 threads × 2 s (Tomcat's published 98.3/s of 200)"},
		{"thread:connections=20", waitsFor("await", "100ms"), 1, 500, 200, "20 connections × 100 ms"},
		{"future", waitsFor("await", "200ms"), 1, plenty, plenty, "the thread is given back"},
		{"future:max=20", waitsFor("call", "100ms"), 1, plenty, 200, "20 threads × 100 ms: nothing was awaited yet"},
		{"future", afterAwait("call", "10ms"), 1, 1000, 100, "continuations run on the client's one thread"},
		{"future:executor=8", afterAwait("call", "10ms"), 1, plenty, 800, "8 threads of the executor × 10 ms"},
		{"future:executor=2,executor-max=6,executor-queue=5", afterAwait("call", "10ms"), 1, 5000, 600, "it grows to 6 once its queue is full"},
		{"loop", waitsFor("await", "200ms"), 1, plenty, plenty, "awaits do not meet"},
		{"loop", waitsFor("call", "10ms"), 1, 500, 100, "one loop × 10 ms"},
		{"loop", waitsFor("block", "10ms"), 1, 500, 100, "one loop × 10 ms"},
		{"loop", waitsFor("compute", "10ms"), 4, 500, 100, "one loop × 10 ms, on however many CPUs"},
		{"hybrid:loops=1", waitsFor("await", "200ms"), 1, plenty, plenty, "awaits do not meet"},
		{"hybrid", waitsFor("call", "100ms"), 1, plenty, 400, "40 blocking workers × 100 ms"},
		{"hybrid:blocking=10,blocking-max=10", waitsFor("block", "100ms"), 1, plenty, 100, "10 blocking workers × 100 ms"},
		{"hybrid:blocking=10,blocking-max=30,blocking-queue=4", waitsFor("call", "100ms"), 1, 1000, 300, "it grows to 30 once its queue is full"},
		{"hybrid:workers=2", waitsFor("compute", "10ms"), 4, 1000, 200, "2 CPU workers × 10 ms, of 4 CPUs"},
		{"hybrid", waitsFor("compute", "10ms"), 300, 40000, 30000, "300 CPUs, and so many loops and workers"},
		{"vthread:carriers=1", waitsFor("await", "200ms"), 1, plenty, plenty, "await unmounts"},
		{"vthread:carriers=1", waitsFor("call", "200ms"), 1, plenty, plenty, "call unmounts as well: unchanged synchronous code"},
		{"vthread:carriers=8", waitsFor("block", "19ms"), 1, 1000, 8 / 0.019, "8 carriers × 19 ms pinned: 421/s, where 420 were measured"},
		{"vthread:carriers=1,compensate=2", waitsFor("block", "10ms"), 1, 1000, 300, "two carriers are added for pinned ones"},
		{"vthread:carriers=2", waitsFor("compute", "10ms"), 4, 1000, 200, "compute keeps the carrier"},
		{"vthread:carriers=8,pinning=jdk24", inMonitor("call"), 1, 45, 45, "a monitor is held by one"},
		{"goroutine", waitsFor("call", "200ms"), 1, plenty, plenty, "a goroutine parks"},
		{"goroutine", waitsFor("block", "200ms"), 1, plenty, plenty, "its processor is handed over"},
		{"goroutine", waitsFor("compute", "10ms"), 2, 1000, 200, "2 CPUs"},
		{"goroutine:procs=1", waitsFor("compute", "10ms"), 2, 1000, 100, "one processor of Go's"},
	} {
		r := simulate(t, c.engine, c.document, c.rate, func(x *Config) { x.CPUs = c.cpus; x.Workload.Timeout = time.Hour; x.Workload.InFlight = 1e6 })
		if got := r.perSecond(4*time.Second, 8*time.Second); !near(got, c.want, 0.006) {
			t.Errorf("%s answers %.5g/s of %s; expected %.5g: %s", c.engine, got, c.document, c.want, c.why)
		}
	}
}

// How many wait at once, and whether a light request is answered meanwhile: the
// rows of enginetest that are about an engine's own model.
func TestWhoWaitsAtOnceAndWhoIsServedMeanwhile(t *testing.T) {
	const mixed = `
upstreams: {u: {latency: 10s}}
resources: {m: {monitor: true}}
routes:
  slow: {weight: 201, steps: [%]}
  light: {weight: 0, steps: [{compute: 1us}]}
arrivals: {bursts: 201}
timeout: 1m
`
	for _, c := range []struct {
		engine, step   string
		waits          int
		stalls, served bool
	}{
		{"thread", "{call: u}", 200, false, false},
		{"thread:max=3", "{await: u}", 3, false, false},
		{"future", "{await: u}", 201, false, true},
		{"future", "{call: u}", 200, false, false},
		{"loop", "{await: u}", 201, false, true},
		{"loop", "{call: u}", 1, true, false},
		{"hybrid:loops=1", "{await: u}", 201, false, true},
		{"hybrid:loops=1", "{call: u}", 40, false, true},
		{"vthread:carriers=1", "{call: u}", 201, false, true},
		{"vthread:carriers=8,pinning=jdk21", "{hold: m, steps: [{call: u}]}", 1, false, false},
		{"vthread:carriers=8,pinning=jdk24", "{hold: m, steps: [{call: u}]}", 1, false, true},
		{"goroutine", "{call: u}", 201, false, true},
		{"future", "{parallel: [[{await: u}], [{await: u}]]}", 402, false, true},
		{"thread:max=3", "{parallel: [[{call: u}], [{call: u}]]}", 6, false, false},
		{"loop", "{parallel: [[{await: u}], [{call: u}]]}", 2, true, false},
		{"hybrid:loops=1", "{parallel: [[{call: u}], [{await: u}]]}", 241, false, true},
	} {
		t.Run(c.engine+" "+c.step, func(t *testing.T) {
			r := simulate(t, c.engine, strings.Replace(mixed, "%", c.step, 1), 1, func(x *Config) { x.CPUs = 2 })
			x := r.until(time.Millisecond)
			if x.Upstream != c.waits {
				t.Errorf("%d wait at once; expected %d", x.Upstream, c.waits)
			}
			r.send(1, 1, 0) // the light one
			r.advanceAll()
			r.until(5 * time.Second)
			if served := r.routes["light"] == 1; served != c.served {
				t.Errorf("a light request is served meanwhile: %v; expected %v", served, c.served)
			}
			if x := r.until(30 * time.Second); (len(x.Stalls) > 0) != (c.stalls || c.waits == 1 && c.engine[0] == 'v' && !c.served) {
				t.Errorf("stalls %+v", x.Stalls)
			}
		})
	}
}

func TestThreadsGrowBeforeTheyQueueAndEndWhenIdle(t *testing.T) {
	r := simulate(t, "thread:max=50,spare=5,idle=30s", waitsFor("await", "1s"), 20, func(c *Config) { c.Stages[0].For = 10 * time.Second })
	if x := r.until(500 * time.Millisecond); x.Threads != 11 || x.Queued != 0 {
		t.Errorf("after 11 requests in half a second: %d threads, %d queued", x.Threads, x.Queued)
	}
	if x := r.until(9 * time.Second); x.Threads < 20 || x.Threads > 22 {
		t.Errorf("at 20 a second for 1 s: %d threads", x.Threads)
	}
	if x := r.until(time.Minute); x.Threads != 5 {
		t.Errorf("30 s after the last request: %d threads, 5 of them spare", x.Threads)
	}
}

func TestABoundedQueueRefusesAndTheOthersAreServed(t *testing.T) {
	r := simulate(t, "thread:max=2,queue=3", waitsFor("await", "1s"), 100, nil)
	if x := r.until(100 * time.Millisecond); x.Busy != 2 || x.Queued != 3 || x.Rejected != 6 {
		t.Errorf("of 11 requests %d are served, %d wait, %d were refused", x.Busy, x.Queued, x.Rejected)
	}
	if got := r.perSecond(10*time.Second, 20*time.Second); got != 2 {
		t.Errorf("%v a second", got)
	}
	if r.outcomes[load.Status] == 0 || r.outcomes[load.Timeout] > 0 {
		t.Errorf("outcomes %v", r.outcomes)
	}
	// In the middle of a request: what it holds is given back.
	r = simulate(t, "hybrid:loops=1,workers=1,workers-queue=1", `
resources: {s: {size: 2}}
routes: {r: {steps: [{hold: s, steps: [{compute: 1s}]}, {compute: 1s}]}}
arrivals: constant
timeout: 1h
`, 10, func(c *Config) { c.Stages[0].For = 5 * time.Second })
	if x := r.until(5 * time.Minute); x.Resources[0].InUse != 0 || x.Responses != 50 || r.outcomes[load.Status] == 0 || r.outcomes[load.OK] == 0 {
		t.Errorf("%d answered, %v, %+v", x.Responses, r.outcomes, x.Resources)
	}
}

func TestClientsGiveUpAndTheServerFinishesWhatItBegan(t *testing.T) {
	r := simulate(t, "thread:max=1", `
upstreams: {u: {latency: 2s}}
routes: {r: {steps: [{call: u}]}}
arrivals: constant
timeout: 3s
`, 1, func(c *Config) { c.Stages[0].For = 5 * time.Second })
	x := r.until(20 * time.Second)
	// Due at 0, 1, 2, 3, 4; begun at 0, 2, 4, 6, 8; done at 2, 4, 6, 8, 10.
	if r.outcomes[load.OK] != 2 || r.outcomes[load.Timeout] != 3 || x.Responses != 5 || x.Asked != 5 {
		t.Errorf("%v; the server answered %d and asked the upstream %d times", r.outcomes, x.Responses, x.Asked)
	}
	if x.Connections != 0 { // those of the first two were used again, by two of the three who gave up
		t.Errorf("%d connections", x.Connections)
	}
}

func TestArrivalsPastTheCapAreNotSent(t *testing.T) {
	r := simulate(t, "loop", waitsFor("await", "10s"), 10, func(c *Config) { c.Workload.InFlight = 7 })
	if x := r.until(2 * time.Second); x.InFlight != 7 || r.outcomes[load.Capped] != 14 {
		t.Errorf("%d in flight, %v", x.InFlight, r.outcomes)
	}
}

// The 2024 incident: who has the monitor has awaited inside it where that does not
// pin, and no carrier is left for it.
func TestPinnedCarriersDeadlock(t *testing.T) {
	const document = `
upstreams: {u: {latency: 5ms}}
resources: {m: {monitor: true}, pool: {size: 1}}
routes: {r: {steps: [{hold: pool, steps: [{call: u}, {hold: m, steps: [{compute: 1us}]}]}]}, s: {steps: [{hold: m, steps: [{hold: pool, steps: [{call: u}]}]}]}}
timeout: 1s
`
	x := simulate(t, "vthread:carriers=2,pinning=jdk21", document, 400, nil).until(5 * time.Second)
	if x.Deadlock == nil {
		t.Fatal("not found")
	}
	n := 0
	for _, w := range x.Deadlock.Waits {
		n += w.Carriers
		if w.Verb != model.Hold || w.Resource == "" {
			t.Errorf("%+v", w)
		}
	}
	if n != 2 {
		t.Errorf("%+v", x.Deadlock)
	}
}

// A switch is paid for when a CPU turns to another thread.
func TestSwitchesCostCPUTime(t *testing.T) {
	for engine, want := range map[string]float64{
		"thread:max=500": 2, // to serve, and after the wait
		"loop":           1, // one thread that is hardly ever without work
	} {
		r := simulate(t, engine, waitsFor("await", "100ms"), 900, func(c *Config) {
			c.Costs.Quantum, c.Costs.Switch, c.Costs.Request, c.Costs.Exchange = time.Millisecond, 10*time.Microsecond, 200*time.Microsecond, 800*time.Microsecond
		})
		x := r.until(20 * time.Second)
		per := float64(x.Switches) / float64(x.Responses)
		cpu := x.CPUTime.Seconds() / float64(x.Responses)
		if per > want*1.2 || engine != "loop" && per < want*0.8 {
			t.Errorf("%s: %.2f switches a request", engine, per)
		}
		r.want(engine+": CPU time", cpu, 1e-3+per*10e-6, 0.02)
	}
}

// Whoever has nothing to do falls asleep, and pays for it: the CPU once for each
// burst, a loop or carrier on top of it; a container's thread is handed the
// request once.
func TestWhoIsIdlePaysForWakingUp(t *testing.T) {
	for engine, want := range map[string]time.Duration{
		"thread:max=20": 1000 + 2*(10+20) + 40, // to serve, and after the wait
		"loop":          1000 + 2*(10+20+80),
		"vthread":       1000 + 2*(10+20+80),
		"future:max=20": 1000 + 3*(10+20) + 80 + 2*40, // and to write the answer; between the two, its client's loop wakes up
	} {
		r := simulate(t, engine, waitsFor("await", "50ms"), 2, func(c *Config) {
			c.Costs = Costs{Speed: 1, Quantum: time.Millisecond, Request: 200 * time.Microsecond, Exchange: 800 * time.Microsecond,
				Switch: 10 * time.Microsecond, Wake: 20 * time.Microsecond, Handoff: 40 * time.Microsecond, Park: 80 * time.Microsecond}
		})
		x := r.until(500 * time.Second) // requests that hardly ever meet
		r.want(engine+": CPU time", x.CPUTime.Seconds()/float64(x.Responses), (want * time.Microsecond).Seconds(), 0.02)
	}
}

// Of light requests beside computations on one CPU, those on a loop come first if
// the workers are nice.
func TestNiceWorkersYieldToLoops(t *testing.T) {
	const document = `
upstreams: {u: {latency: 1ms}}
routes: {heavy: {weight: 1, steps: [{compute: 50ms}]}, light: {weight: 20, steps: [{await: u}]}}
timeout: 1h
`
	slow := func(engine string) int {
		r := simulate(t, engine, document, 300, func(c *Config) { c.Costs = DefaultCosts() })
		n := 0
		r.ended = func(e Ended) {
			if e.Route == 1 && e.Done-e.Intended > int64(5*time.Millisecond) {
				n++
			}
		}
		r.until(20 * time.Second)
		return n
	}
	nice, plain := slow("hybrid:loops=1,workers=2,nice=19"), slow("hybrid:loops=1,workers=2,nice=0")
	if nice > 5 || plain < 20 {
		t.Errorf("light requests slower than 5 ms: %d beside nice workers, %d beside others", nice, plain)
	}
}

// Of requests that come one after the other in the place of the same one, none is
// taken for another: here the deadline of the 65,536th before it passes while each
// is in work.
func TestADeadlineIsOfOneRequestOnly(t *testing.T) {
	r := simulate(t, "goroutine", waitsFor("await", "500us"), 1000, func(c *Config) { c.Workload.Timeout = 65_536*time.Millisecond + 100*time.Microsecond })
	if r.until(70 * time.Second); r.outcomes[load.Timeout] > 0 || r.outcomes[load.OK] < 69_999 {
		t.Errorf("%v", r.outcomes)
	}
}

// A long job that shares a CPU with so many short ones that its end was expected a
// hundred thousand times before.
func TestAJobThatSharesEndsWhenItsWorkIsDone(t *testing.T) {
	r := simulate(t, "thread:max=50", `
routes: {short: {steps: [{compute: 100us}]}, long: {weight: 0, steps: [{compute: 100s}]}}
arrivals: constant
timeout: 1h
`, 1000, nil)
	r.send(1, 1, 0)
	r.advanceAll()
	r.ended = func(e Ended) {
		if e.Route == 1 && !near(float64(e.Done)/1e9, 100/0.9, 1e-4) {
			t.Errorf("done after %s; 100 s of a CPU of which others use a tenth are 111.1 s", time.Duration(e.Done))
		}
	}
	if r.until(2 * time.Minute); r.routes["long"] != 1 {
		t.Error("it has not ended")
	}
}

// A connection stays on the loop that accepted it, and the one that was used last is
// used again: one client after another has one loop, and others have them all.
func TestAConnectionStaysOnItsLoop(t *testing.T) {
	const document = "\nroutes: {r: {steps: [{compute: 1us}]}}\narrivals: {bursts: %d}\n"
	for burst, used := range map[int]int{1: 1, 100: 4} {
		r := simulate(t, "hybrid:loops=4", fmt.Sprintf(document, burst), 100, func(c *Config) { c.Costs.Quantum, c.Costs.Request = time.Millisecond, 100*time.Microsecond })
		x := r.until(20 * time.Second)
		n := 0
		for _, l := range x.Loops {
			if l.Turns > 0 {
				n++
			}
		}
		if n != used || x.Connections != burst {
			t.Errorf("bursts of %d use %d loops and %d connections", burst, n, x.Connections)
		}
	}
}

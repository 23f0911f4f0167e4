package enginetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/model"
)

// A modelRow is a row for one engine only, in one configuration: what tells its
// model from others.
type modelRow struct {
	row
	config string
}

// RunModel runs the rows that are particular to an engine: how many requests
// wait at once, in what, and who else is served meanwhile. All of it is seen
// from outside: at the gauge of an upstream, in /proc, on the wire.
func RunModel(t *testing.T, engineName string, build Build) {
	quiet(t)
	table := modelRows(engineName)
	if len(table) == 0 {
		t.Fatalf("there are no rows for engine %q", engineName)
	}
	for _, m := range table {
		t.Run(m.name, func(t *testing.T) {
			cfg, err := model.ParseEngine(m.config)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if t.Failed() {
					t.Logf("source: %s", m.source)
				}
			})
			m.run(t, newHarness(t, cfg, build, m.row))
		})
	}
}

// Sources of rows.
const (
	spring  = "Spring Framework, asynchronous requests"
	asyncio = "asyncio, the event loop"
	anyio   = "AnyIO, current_default_thread_limiter: 40"
	jep444  = "JEP 444"
	jep491  = "JEP 491"
	effGo   = "Go's scheduler"

	littlesLaw  = "Little's law, 200/0.2 s; " + tomcat + ", maxThreads"
	pinned19    = jep444 + ", pinning; published for JDK 21: 8 carriers, 19 ms, 420/s"
	utilization = "the utilization law: rate × CPU time per request = CPUs in use"
	threadPool  = "java.util.concurrent.ThreadPoolExecutor, Queuing"
)

func modelRows(engineName string) []modelRow {
	switch engineName {
	case "thread":
		return []modelRow{
			waits("of 201 requests 200 are at the upstream, each with a thread in read(2), and the 201st waits", tomcat+", maxThreads", "thread",
				outside, "call", 201, Sight{AtOnce: 200, InRead: 200}, func(t testing.TB, h *harness) {
					// The light request waits as well.
					if s := h.engine.Stats(); s.Threads != 200 || s.Busy != 200 || s.Queued != 2 {
						t.Errorf("%d threads, %d busy, %d queued", s.Threads, s.Busy, s.Queued)
					}
				}),
			waits("await keeps the thread as call does", tomcat+", maxThreads", "thread:max=3", outside, "await", 4, Sight{AtOnce: 3, InRead: 3}, nil),
			carries("200 threads carry 1,000 requests of 200 ms in a second, and no more", littlesLaw, "thread", 200, 200*time.Millisecond, 1000, waiting),
			grows("threads are added before anything is queued", tomcat+", TaskQueue", "thread:max=3,spare=1", outside, 1, 2, 3, 3, 3),
			lined("who waits longest for a thread gets one", tomcat+", TaskQueue", "thread:max=1", "call"),
			capped("thread:connections=2"),
			computes("thread"),
		}
	case "future":
		return []modelRow{
			waits("201 requests await at once on 200 threads", spring, "future", outside, "await", 201, Sight{AtOnce: 201, Alive: true}, func(t testing.TB, h *harness) {
				h.eventually("no thread is busy", func() bool { s := h.engine.Stats(); return s.Busy == 0 && s.Queued == 0 })
			}),
			waits("of 201 requests that call 200 keep a thread, and the 201st waits", spring, "future", outside, "call", 201, Sight{AtOnce: 200, InRead: 200}, nil),
			waits("a call in a continuation keeps the client's thread, from its completions only", spring, "future", after, "call", 9, Sight{AtOnce: 1, InRead: 1, Alive: true}, nil),
			waits("of nine calls in continuations eight keep the executor", spring, "future:executor=8", after, "call", 9, Sight{AtOnce: 8, InRead: 8, Alive: true}, nil),
			grows("the executor queues before it adds threads", threadPool, "future:executor=1,executor-max=2,executor-queue=2", after, 1, 1, 1, 2),
			lined("who waits longest for a thread gets one", tomcat+", TaskQueue", "future:max=1", "call"),
			readied(spring, "future"),
			readied(spring, "future:executor=1"),
			capped("future:connections=2"),
			computes("future"),
		}
	case "loop":
		return []modelRow{
			waits("201 requests await at once on one thread", asyncio, "loop", outside, "await", 201, Sight{AtOnce: 201, Alive: true}, func(t testing.TB, h *harness) {
				if s := h.engine.Stats(); s.Threads != 1 {
					t.Errorf("%d threads", s.Threads)
				}
			}),
			waits("one call stops the loop for all", asyncio, "loop", outside, "call", 3, Sight{AtOnce: 1}, nil),
			waits("one computation stops the loop for all", asyncio, "loop", outside, "compute", 3, Sight{AtOnce: 1, InRead: 1}, nil),
			waits("one opaque wait stops the loop for all", asyncio, "loop", outside, "block", 3, Sight{AtOnce: 1, InRead: 1}, nil),
			readied(asyncio+": the ready queue", "loop"),
			computes("loop"),
		}
	case "hybrid":
		return []modelRow{
			waits("of 41 calls 40 are made, the 41st waits, and the loop serves others", anyio, "hybrid", outside, "call", 41, Sight{AtOnce: 40, InRead: 40, Alive: true}, func(t testing.TB, h *harness) {
				pools := h.engine.Stats().Pools
				i := slices.IndexFunc(pools, func(p engine.PoolStats) bool { return p.Name == engine.PoolBlocking })
				if i < 0 || pools[i].Busy != 40 || pools[i].Queued != 1 {
					t.Errorf("%+v", pools)
				}
			}),
			waits("201 requests await at once on one loop", asyncio, "hybrid:loops=1", outside, "await", 201, Sight{AtOnce: 201, Alive: true}, nil),
			waits("computations wait for a worker, and the loop serves others", asyncio, "hybrid:loops=1,workers=2", outside, "compute", 3, Sight{AtOnce: 2, InRead: 2, Alive: true}, nil),
			grows("blocking workers queue before they are added", threadPool, "hybrid:loops=1,blocking=1,blocking-max=2,blocking-queue=2", outside, 1, 1, 1, 2),
			lined("who waits longest for a blocking worker gets one", anyio, "hybrid:loops=1,blocking=1", "call"),
			lined("who waits longest for a CPU worker gets one", anyio, "hybrid:loops=1,workers=1", "compute"),
			readied(asyncio+": the ready queue", "hybrid:loops=1"),
			computes("hybrid:workers=2"),
		}
	case "vthread":
		return []modelRow{
			waits("201 requests call at once on one carrier", jep444, "vthread:carriers=1", outside, "call", 201, Sight{AtOnce: 201, Alive: true}, nil),
			waits("201 requests await at once on one carrier", jep444, "vthread:carriers=1", outside, "await", 201, Sight{AtOnce: 201, Alive: true}, nil),
			waits("of nine opaque waits eight pin a carrier, and nobody else is served", jep444, "vthread:carriers=8", outside, "block", 9, Sight{AtOnce: 8, InRead: 8}, func(t testing.TB, h *harness) {
				if p := h.engine.Stats().Pools[0]; p.Pinned != 8 {
					t.Errorf("%+v", p)
				}
			}),
			waits("of nine calls inside a monitor eight pin a carrier, on JDK 21", jep444, "vthread:carriers=8,pinning=jdk21", "monitor", "call", 9, Sight{AtOnce: 8}, nil),
			waits("who waits to enter a monitor pins a carrier, on JDK 21", jep444, "vthread:carriers=8,pinning=jdk21", outside, "monitor", 9, Sight{AtOnce: 8}, nil),
			waits("nine calls inside a monitor pin nobody, on JDK 24", jep491, "vthread:carriers=1,pinning=jdk24", "monitor", "call", 9, Sight{AtOnce: 9, Alive: true}, nil),
			waits("two carriers are added for pinned ones, and no more", jep444, "vthread:carriers=1,compensate=2", outside, "block", 9, Sight{AtOnce: 3, InRead: 3}, nil),
			carries("8 carriers carry 421 requests in a second that pin one for 19 ms each, and no more", pinned19, "vthread:carriers=8", 8, 19*time.Millisecond, 421, nil),
			readied(jep444+": a FIFO scheduler", "vthread:carriers=1"),
			capped("vthread:connections=2"),
			computes("vthread:carriers=4"),
		}
	case "goroutine":
		return []modelRow{
			waits("201 requests call at once", effGo, "goroutine", outside, "call", 201, Sight{AtOnce: 201, Alive: true}, nil),
			waits("opaque waits hand their processor over", effGo, "goroutine", outside, "block", 9, Sight{AtOnce: 9, InRead: 9, Alive: true}, nil),
			computes("goroutine"),
		}
	}
	return nil
}

// waits is a row about how many of so many requests wait at once in a step.
func waits(name, source, config, outer, inner string, asked int, want Sight, also func(testing.TB, *harness)) modelRow {
	return modelRow{row{name: name, source: source, run: func(t testing.TB, h *harness) {
		s := newStage(h, asked)
		got := s.expect(outer, inner, func(s Sight) bool { return s == want }, func() {
			if also != nil {
				also(t, h)
			}
		})
		if got != want {
			t.Errorf("of %d requests %v; expected %v", asked, got, want)
		}
	}}, config}
}

// capped is the row about a configuration that serves two connections.
func capped(config string) modelRow {
	return modelRow{row{name: "the connection past the cap is accepted, and not served", source: tomcat + ", maxConnections", run: func(t testing.TB, h *harness) {
		h.serve(echo)
		first, second := h.dial(), h.dial()
		for _, c := range []*client{first, second} {
			c.send("GET / HTTP/1.1\nHost: a\n\n")
			c.want(200, "GET / ")
		}
		third, fourth := h.dial(), h.dial()
		third.send("GET /3 HTTP/1.1\nHost: a\n\n")
		fourth.send("GET /4 HTTP/1.1\nHost: a\n\n")
		h.eventually("the third is accepted", func() bool { return h.engine.Stats().Accepted >= 3 })
		requests := 2
		for since := time.Now(); requests < 22 || time.Since(since) < h.quiet; requests++ {
			first.send("GET / HTTP/1.1\nHost: a\n\n")
			first.want(200, "GET / ")
		}
		if s := h.engine.Stats(); s.Accepted != 3 || s.Connections != 3 || int(s.Requests) != requests {
			t.Errorf("at the cap: %d accepted, %d connections, %d requests; expected 3, 3, %d", s.Accepted, s.Connections, s.Requests, requests)
		}
		first.Close()
		third.want(200, "GET /3 ")
		second.Close()
		fourth.want(200, "GET /4 ")
		h.eventually("the closed ones are gone", func() bool { return h.engine.Stats().Connections == 2 })
	}}, config}
}

// waiting is how many wait for a thread of any kind.
func waiting(s engine.Stats) int {
	n := s.Queued
	for _, p := range s.Pools {
		n += p.Queued
	}
	return n
}

func numbered(i int) string { return fmt.Sprint("/", i) }

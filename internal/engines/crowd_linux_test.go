package engines

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
	"github.com/plimsoll-dev/plimsoll/model"
)

// A crowded engine is one configuration with which a crowd waits.
type crowded struct {
	text   string
	atOnce func(n int) int // of n requests so many wait at once
	thread bool            // each of those has a thread
	procs  int             // GOMAXPROCS; 0: what the lab gives it
}

func all(n int) int { return n }

// crowds are the configurations that n requests wait with. Containers and
// connections are as large as the crowd. How others wait than the first few is
// in enginetest's rows; with them a crowd is for the figures.
func crowds(n int) []crowded {
	const room = "connections=10000,keepalive=10m"
	c := []crowded{
		{fmt.Sprintf("thread:max=%d,", n) + room, all, true, threadProcs},
		{"loop:" + room, all, false, 0},
		{"loop:style=cps," + room, all, false, 0},
		{"vthread:" + room, all, false, 0},
	}
	if !large() {
		return c
	}
	return append(c,
		crowded{"thread:" + room, func(int) int { return 200 }, true, 0}, // Tomcat as it comes
		crowded{"future:max=50," + room, all, false, 0},
		crowded{"hybrid:" + room, all, false, 0},
		crowded{"goroutine:keepalive=10m", all, false, 0},
		crowded{"goroutine:http=net,keepalive=10m", all, false, 0})
}

// threadProcs is what thousands of threads that only wait are given: with a
// processor for each, Go's scheduler looks through thousands of processors to
// start one thread, which takes it a minute for 4,000.
const threadProcs = 64

// large says whether crowds are as large as this machine's limits allow. The
// race detector does not: it ends at 8,128 goroutines.
func large() bool { return os.Getenv("PLIMSOLL_SOAK") != "" || *update }

// fewThreads is more than any engine needs beside those that wait.
const fewThreads = 100

// crowdSize is more than a container has threads by default, or nearly what the
// descriptors of a process allow that has two for each.
func crowdSize() int {
	if large() {
		return 9000
	}
	return 250
}

// A cost is what a crowd that waits takes of a server.
type cost struct {
	atOnce, threads int
	idle            int64 // bytes of each connection before it waits
	waiting         int64 // and more of each request that does
}

// wait has n requests wait on the engine, and checks that all of them are
// answered in the end.
func (c crowded) wait(t *testing.T, n int) (seen cost) {
	t.Helper()
	u := startUpstream(t)
	procs := c.procs
	if procs == 0 {
		cfg, err := model.ParseEngine(c.text)
		if err != nil {
			t.Fatal(err)
		}
		procs = Procs(cfg, 1)
	}
	s := rig.StartChild(t, c.text+" "+u.address, rig.Place{Procs: procs})
	empty := s.Memory(t)
	clients := crowd(t, n+1, s.Address)
	each(t, n+1, func(i int) error { return get(clients[i], "/") })
	idle := s.Memory(t)
	each(t, n, func(i int) error { return ask(clients[i], "/wait") })
	want := c.atOnce(n)
	eventually(t, fmt.Sprintf("%d of them are at the upstream", want), func() bool { return u.now.Load() == int64(want) })

	light, alive := clients[n], !c.thread
	if err := ask(light, "/"); err != nil {
		t.Fatal(err)
	}
	if alive {
		if err := answered(light); err != nil {
			t.Errorf("while they wait: %v", err)
		}
	}
	seen = cost{int(u.now.Load()), s.Sample(t).Threads, (idle - empty) / int64(n), (s.Memory(t) - idle) / int64(want)}
	if seen.atOnce != want {
		t.Errorf("%d are at the upstream, later on", seen.atOnce)
	}
	if own := seen.threads >= want; own != c.thread || !own && seen.threads > fewThreads {
		t.Errorf("%d threads for %d that wait", seen.threads, want)
	}
	u.open()
	each(t, n, func(i int) error { return answered(clients[i]) })
	if !alive {
		if err := answered(light); err != nil {
			t.Error(err)
		}
	}
	leave(clients)
	if got := s.Stop(t); int(got.Responses) != 2*n+2 || got.InFlight != 0 {
		t.Errorf("%d responses, %d in flight", got.Responses, got.InFlight)
	}
	return seen
}

// TestCrowdsWait is C10K: what becomes of a crowd that waits.
func TestCrowdsWait(t *testing.T) {
	costs := map[string]int64{}
	for _, c := range crowds(crowdSize()) {
		t.Run(c.name(), func(t *testing.T) {
			seen := c.wait(t, crowdSize())
			t.Logf("%+v", seen)
			costs[c.name()] = seen.waiting
		})
	}
	// Far less than what is seen, with the race detector too, which has shadows of
	// its own on every stack.
	thread, loop, cps := costs[crowds(crowdSize())[0].name()], costs["loop"], costs["loop:style=cps"]
	if !t.Failed() && (thread < 2*loop || 2*loop < 3*cps) {
		t.Errorf("a thread that waits takes %d bytes, a coroutine %d, a continuation %d", thread, loop, cps)
	}
}

// name is the text without what every crowd is given.
func (c crowded) name() string {
	name := strings.NewReplacer("connections=10000,", "", "keepalive=10m", "").Replace(c.text)
	name = strings.TrimRight(name, ":,")
	if c.procs > 0 {
		name += fmt.Sprintf(", GOMAXPROCS=%d", c.procs)
	}
	return name
}

// TestCrowdsRest has a crowd that asks, stays, and asks again: an idle
// connection has no thread on any engine.
func TestCrowdsRest(t *testing.T) {
	if os.Getenv("PLIMSOLL_SOAK") == "" {
		t.Skip("enginetest rests a thousand connections on every engine; set PLIMSOLL_SOAK for ten")
	}
	const n = 10_000
	for _, config := range []string{
		"thread:max=50,connections=10000,keepalive=10m", "future:max=50,connections=10000,keepalive=10m", "loop:keepalive=10m",
		"hybrid:keepalive=10m", "vthread:keepalive=10m", "goroutine:keepalive=10m",
	} {
		t.Run(config, func(t *testing.T) {
			cfg, err := model.ParseEngine(config)
			if err != nil {
				t.Fatal(err)
			}
			s := rig.StartChild(t, config+" nobody", rig.Place{Procs: Procs(cfg, 1)})
			first := crowd(t, 64, s.Address)
			each(t, len(first), func(i int) error { return get(first[i], "/") }) // what serving takes at all
			before := s.Memory(t)
			leave(first)
			clients := crowd(t, n, s.Address)
			for range 2 {
				each(t, n, func(i int) error { return get(clients[i], "/") })
			}
			idle := (s.Memory(t) - before) / n
			t.Logf("%d bytes of each connection", idle)
			if strings.HasPrefix(config, "loop") && idle > 600 {
				t.Errorf("an idle connection takes %d bytes of a loop, more than 600", idle)
			}
			if threads := s.Sample(t).Threads; threads > fewThreads {
				t.Errorf("%d threads", threads)
			}
			leave(clients)
			if got := s.Stop(t); int(got.Accepted) != n+len(first) || int(got.Responses) != 2*n+len(first) {
				t.Errorf("%d accepted, %d responses", got.Accepted, got.Responses)
			}
		})
	}
}

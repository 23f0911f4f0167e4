package sim

import (
	"math"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
)

// The names of pools, as records have them.
const (
	Carriers        = "carriers"
	Executor        = "executor"
	CPUWorkers      = "cpu-workers"
	BlockingWorkers = "blocking-workers"
)

// A waiting is how a request waits in a step, or has it done.
type waiting struct {
	keep   bool  // it keeps its thread meanwhile,
	pins   bool  // which pins a carrier;
	resume int16 // or else a thread of this pool takes it up again,
	then   int16 // and hands it to this one
	hops   bool  // the step is done in
	pool   int16 // this pool, and it goes on in
	back   int16 // this one
}

var keeps = waiting{keep: true, then: noPool}

func gives(resume int16) waiting { return waiting{resume: resume, then: noPool} }

func worker(pool int16) waiting {
	return waiting{keep: true, hops: true, pool: pool, back: home, then: noPool}
}

// An engine is the table of who pays: what a request is carried by, and what
// becomes of that in each verb.
type engine struct {
	pools       []poolSpec
	starts      int16 // the pool that a request begins in: the first of
	starters    int   // so many, of which each connection belongs to one
	answers     int16 // the pool that writes the response
	verbs       [model.Choice + 1]waiting
	parks       waiting // for a slot of a resource, and for branches
	branches    int16   // the pool in which the branches of a parallel begin
	chained     bool    // one after the other on the thread that forked, each when the one before waits or ends, the forking strand last
	monitorsPin bool
	connections int // that it serves at once
}

// A poolSpec is a set of threads and who may wait for one.
type poolSpec struct {
	name       string        // "": the engine's own threads
	ready      int           // threads that there are from the beginning
	spare      int           // threads that do not end for want of work
	core       int           // threads up to which one is made for who finds none idle
	max        int           // and up to which one is made when the queue is full
	room       int           // strands that may wait for a thread
	idle       time.Duration // after which one beyond them does; 0: never
	once       bool          // a thread serves one strand and ends
	nice       int
	slice      time.Duration // after which a strand gives way to others that are ready; 0: never
	resume     time.Duration // CPU time to take up a strand,
	park       time.Duration // and for one that waited for want of any
	waits      model.State   // of who waits for a thread
	loop       bool          // what keeps its thread keeps others from being served
	slow       time.Duration // and is told of from this long on
	compensate int           // threads that may be added for pinned ones
}

// beside is the name of the threads that branches have on an engine whose threads
// are a pool.
const beside = "beside"

const unbounded = math.MaxInt32

// limit reads an option that is a number or a word for any number.
func limit(c *Config, option string) int {
	if n := c.Engine.Int(option); n != model.Unbounded {
		return n
	}
	return unbounded
}

func orCPUs(c *Config, option string) int {
	if n := c.Engine.Int(option); n > 0 {
		return n
	}
	return c.CPUs
}

// engineOf returns the table of the configured engine.
func engineOf(c *Config) *engine {
	e := &engine{starters: 1, connections: unbounded}
	if c.Engine.Has("connections") {
		e.connections = c.Engine.Int("connections")
	}
	all := func(w waiting, verbs ...model.Verb) {
		for _, v := range verbs {
			e.verbs[v] = w
		}
	}
	fibers := poolSpec{room: unbounded, resume: c.Costs.Fiber, park: c.Costs.Park, waits: model.Runnable}
	switch c.Engine.Engine {
	case "thread":
		// A branch has a thread of its own, beside the pool.
		beside := poolSpec{name: beside, core: unbounded, max: unbounded, room: unbounded, idle: c.Engine.Duration("idle"), waits: model.Runnable}
		e.pools = []poolSpec{container(c), beside}
		e.branches, e.parks = 1, keeps
		all(keeps, model.Await, model.Call, model.Block, model.Compute)
	case "future":
		client := fibers
		client.name, client.loop, client.slow = "client", true, time.Millisecond
		client.ready, client.core, client.max = 1, 1, 1
		e.pools = []poolSpec{container(c), client}
		e.parks, e.chained = gives(1), true
		all(keeps, model.Call, model.Block, model.Compute)
		all(gives(1), model.Await)
		if n := limit(c, "executor"); n != unbounded {
			e.pools = append(e.pools, poolSpec{name: Executor, spare: n, core: n, max: max(n, limit(c, "executor-max")),
				room: limit(c, "executor-queue"), idle: time.Minute, resume: c.Costs.Fiber + c.Costs.Handoff, waits: model.Queued})
			e.parks.resume = 2
			e.verbs[model.Await].then = 2
		}
	case "loop":
		e.pools = loops(c, fibers, 1)
		e.starts, e.answers, e.branches, e.parks = 0, home, home, gives(home)
		all(keeps, model.Call, model.Block, model.Compute)
		all(gives(home), model.Await)
	case "hybrid":
		n := orCPUs(c, "loops")
		e.pools, e.starters = loops(c, fibers, n), n
		e.answers, e.branches, e.parks = home, home, gives(home)
		blocking, computing := c.Engine.Int("blocking"), orCPUs(c, "workers")
		e.pools = append(e.pools,
			poolSpec{name: CPUWorkers, ready: computing, core: computing, max: computing, room: limit(c, "workers-queue"), nice: c.Engine.Int("nice"), resume: c.Costs.Handoff, waits: model.Queued},
			poolSpec{name: BlockingWorkers, core: blocking, max: max(blocking, c.Engine.Int("blocking-max")), room: limit(c, "blocking-queue"),
				idle: 10 * time.Second, resume: c.Costs.Handoff, waits: model.Queued})
		all(gives(home), model.Await)
		all(worker(int16(n)), model.Compute)
		all(worker(int16(n+1)), model.Call, model.Block)
	case "vthread":
		n := orCPUs(c, "carriers")
		carriers := fibers
		carriers.name, carriers.ready, carriers.core, carriers.max = Carriers, n, n, n
		carriers.compensate, carriers.slow = c.Engine.Int("compensate"), c.Engine.Duration("slow")
		e.pools = []poolSpec{carriers}
		e.answers, e.branches, e.parks = home, home, gives(home)
		e.monitorsPin = c.Engine.Text("pinning") == "jdk21"
		all(gives(home), model.Await, model.Call)
		all(waiting{keep: true, pins: true, then: noPool}, model.Block)
		all(keeps, model.Compute)
	case "goroutine":
		procs := fibers
		n := orCPUs(c, "procs")
		procs.ready, procs.core, procs.max, procs.slice = n, n, n, c.Costs.Slice
		e.pools = []poolSpec{procs}
		e.answers, e.branches, e.parks = home, home, gives(home)
		all(gives(home), model.Await, model.Call, model.Block)
		all(keeps, model.Compute)
	}
	return e
}

// container are the threads of a servlet container.
func container(c *Config) poolSpec {
	e := c.Engine
	spare := min(e.Int("spare"), e.Int("max"))
	p := poolSpec{
		ready: spare, spare: spare, core: e.Int("max"), max: e.Int("max"), room: limit(c, "queue"), idle: e.Duration("idle"),
		resume: c.Costs.Handoff, waits: model.Queued,
	}
	if e.Has("reuse") && e.Text("reuse") == "off" {
		p.once, p.ready = true, 0
	}
	return p
}

// loops are threads that each have the connections that they have.
func loops(c *Config, fibers poolSpec, n int) []poolSpec {
	fibers.name, fibers.loop = "loop", true
	fibers.ready, fibers.core, fibers.max = 1, 1, 1
	fibers.slow = c.Engine.Duration("slow")
	pools := make([]poolSpec, n)
	for i := range pools {
		pools[i] = fibers
	}
	return pools
}

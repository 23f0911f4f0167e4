package sim

import (
	"math/rand/v2"
	"time"

	"github.com/plimsoll-dev/plimsoll/load"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/sim/event"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// The kinds of events.
const (
	evArrival  uint8 = iota // a request is due
	evThought               // a client of a closed loop has thought
	evDeadline              // a client has no more patience
	evRetry                 // a client sends a request again
	evWoken                 // a strand has waited
	evSlice                 // a CPU has run a thread for a while
	evShare                 // a job of a processor-sharing CPU has ended
)

// A Simulation is a service, of one instance or several, with its clients and upstreams, in virtual time. It
// is not safe for concurrent use; any number may run side by side.
type Simulation struct {
	config Config
	program
	engine    *engine
	now       int64
	events    event.Queue
	requests  slab[request]
	strands   slab[strand]
	ready     event.Ring[int32] // strands that go on now
	instances []instance
	pools     []pool // of one instance after the other
	cores     []core // likewise
	resources []resource
	circular  []bool  // of each resource, whether it may be waited for in a circle
	strides   []int32 // of each resource, from one instance's to the next's; 0: it is shared
	balancer  balancer
	clients   clients
	service   service

	rng    *rand.Rand // of whichever strand draws
	cursor cursor
	plant  plant
}

// A plant is a fault that a test has built in, to see that it is found.
type plant struct {
	lastInFirstOut bool // of who waits for a resource
	oneMoreSlot    bool // each resource has one more than it says
	lostWakeUp     bool // now and then who is given a slot is not told
	neverForgets   bool // a balancer counts requests that have ended
}

// A cursor lends one generator to whichever strand draws, each with its own
// numbers.
type cursor struct{ of *rand.PCG }

func (c *cursor) Uint64() uint64 { return c.of.Uint64() }

// A slab keeps what comes and goes, and uses it again.
type slab[T any] struct {
	items []T
	free  []int32
}

// take returns the number of an item; what is in it is for the caller to reset.
func (s *slab[T]) take() int32 {
	if n := len(s.free); n > 0 {
		i := s.free[n-1]
		s.free = s.free[:n-1]
		return i
	}
	s.items = append(s.items, *new(T))
	return int32(len(s.items)) - 1
}

// A request is what both sides know of one.
type request struct {
	due      int64 // the first time that it was sent
	intended int64 // when it was due, this time
	received int64 // when the server had it
	state    model.State
	in       int64 // that state since
	spent    [model.NumStates]int64
	seed     uint64
	route    int32
	client   int32        // of a closed loop, whose it is
	retries  uint32       // that were made of it
	instance int32        // that it was given to
	home     int32        // the pool that its connection belongs to
	gen      uint32       // tells it from the one that had its place before
	sent     bool         // to the server
	served   bool         // the server is done with it
	ended    bool         // the client is
	failed   bool         // it is answered 503
	last     load.Outcome // of the time before, if it is sent again
}

// A strand is one flow of a request: its steps one after another.
type strand struct {
	rng        rand.PCG
	pc         int32
	request    int32
	parent     int32 // whose branch it is; -1: it is the request's first
	children   int32 // branches that run
	next       int32 // the strand that has this one's thread when it waits or ends; -1: none
	thread     int32
	lastThread int32
	instance   int32
	pool       int32
	joining    bool
	waits      bool // pinned, for something that has no time of its own
	owes       int64
	left       int64 // CPU time of the burst that it is in
	mounted    int64 // when it got its thread
	queued     int64 // when it began to wait for one
	asked      int64 // when it began to wait for a CPU, or a slot
	began      int64 // when its step did
	stalls     int64 // since when it keeps others from its thread
	held       []held
	forks      []fork
}

// held is a slot that a strand has.
type held struct {
	resource int32
	asked    int64
	since    int64
}

// A fork is a parallel that a strand is in.
type fork struct {
	join  int32
	held  int      // slots that it had before
	began int64    // when the step did
	rng   rand.PCG // of the strand, while it draws the first branch's
}

// New prepares a simulation; nothing has happened yet.
func New(c Config) (*Simulation, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	c.Instances = max(1, c.Instances)
	s := &Simulation{config: c, engine: engineOf(&c)}
	s.rng = rand.New(&s.cursor)
	s.program = compile(&c, s.engine)
	s.circular = workload.Circular(c.Workload)
	s.service.steps = make([]stepStats, len(s.steps))
	s.service.stalls = make([]stallStats, len(s.steps))
	s.instances = make([]instance, c.Instances)
	s.pools = make([]pool, 0, c.Instances*len(s.engine.pools))
	s.cores = make([]core, 0, c.Instances*c.CPUs)
	for i := range s.instances {
		s.beginInstance(int32(i))
	}
	if c.Instances > 1 {
		s.balancer = newBalancer(&c)
	}
	if err := s.beginClients(); err != nil {
		return nil, err
	}
	return s, nil
}

// RunUntil lets everything happen that happens before and at a time since the
// start. Its error is a fault of the simulation, and none of its input.
func (s *Simulation) RunUntil(t time.Duration) error {
	for s.events.Len() > 0 && s.events.Next() <= int64(t) {
		e := s.events.Take()
		s.now = e.At
		switch e.Kind {
		case evArrival:
			s.arrival()
		case evThought:
			s.thought(e.Arg)
		case evDeadline:
			s.deadline()
		case evRetry:
			s.again(e.Arg)
		case evWoken:
			s.woken(e.Arg)
		case evSlice:
			s.sliceEnds(e.Arg)
		case evShare:
			s.shareEnds(e.Arg)
		}
		s.advanceAll()
	}
	s.now = max(s.now, int64(t))
	s.findCircle()
	return s.check()
}

// advanceAll lets all strands run that can.
func (s *Simulation) advanceAll() {
	for s.ready.Len() > 0 {
		s.advance(s.ready.Pop())
	}
}

// schedule returns the arrivals of an open workload.
func (s *Simulation) schedule() (load.Schedule, error) {
	return load.NewSchedule(s.config.Workload.Arrivals, s.config.Stages, s.config.routes(), s.config.Seed)
}

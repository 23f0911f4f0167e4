package sim

import (
	"math/rand/v2"

	"github.com/plimsoll-dev/plimsoll/load"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/sim/event"
)

// clients are who sends the requests.
type clients struct {
	arrivals  load.Schedule
	next      load.Arrival
	inFlight  event.Level
	deadlines event.Ring[deadline] // in the order of their times, because all have the same patience
	watched   bool                 // an event is scheduled for the first of them

	retries       retries
	think         draw // of a closed loop
	thoughts      *rand.Rand
	seeds, routes *rand.Rand
	until         []float64 // cumulated weights of the routes
}

// A ticket names a request that may have ended since.
type ticket struct {
	request int32
	gen     uint32
}

type deadline struct {
	ticket
	at int64
}

func (s *Simulation) beginClients() (err error) {
	c := &s.clients
	c.retries = retries{wait: newDraw(s.config.Retry.Wait, 1), rng: event.NewStream(s.config.Seed, "retries")}
	if s.config.Clients == 0 {
		if c.arrivals, err = s.schedule(); err != nil {
			return err
		}
		s.nextArrival()
		return nil
	}
	c.think = newDraw(s.config.Think, 1)
	c.thoughts, c.seeds, c.routes = event.NewStream(s.config.Seed, "think"), event.NewStream(s.config.Seed, "requests"), event.NewStream(s.config.Seed, "routes")
	sum := 0.0
	for _, r := range s.config.routes() {
		sum += r.Weight
		c.until = append(c.until, sum)
	}
	for i := range s.config.Clients {
		s.think(int32(i))
	}
	return nil
}

func (s *Simulation) nextArrival() {
	c := &s.clients
	var ok bool
	if c.next, ok = c.arrivals.Next(); ok {
		s.events.Schedule(int64(c.next.At), evArrival, 0)
	}
}

func (s *Simulation) arrival() {
	a := s.clients.next
	s.nextArrival()
	if s.capped() {
		if s.config.Ended != nil {
			s.config.Ended(Ended{Route: a.Route, Intended: s.now, Done: s.now, Outcome: load.Capped, Instance: -1})
		}
		return
	}
	s.send(int32(a.Route), a.Seed, 0)
}

// capped reports whether clients have as many requests open as they may. Those of a
// closed loop have one each, however many they are.
func (s *Simulation) capped() bool {
	return s.config.Clients == 0 && s.clients.inFlight.N >= int64(s.config.Workload.InFlight)*int64(len(s.instances))
}

func (s *Simulation) think(client int32) {
	s.events.Schedule(s.now+s.clients.think.from(s.clients.thoughts), evThought, client)
}

// thought has a client of a closed loop send its next request.
func (s *Simulation) thought(client int32) {
	c := &s.clients
	route, u := 0, c.routes.Float64()*c.until[len(c.until)-1]
	for route < len(c.until)-1 && u >= c.until[route] {
		route++
	}
	s.send(int32(route), c.seeds.Uint64(), client)
}

// send begins a request, of one of the clients of a closed loop.
func (s *Simulation) send(route int32, seed uint64, client int32) {
	i := s.requests.take()
	r := &s.requests.items[i]
	*r = request{due: s.now, seed: seed, route: route, client: client, gen: r.gen + 1}
	s.open(i)
}

// open sends a request, which waits for a connection if the server has no more.
func (s *Simulation) open(i int32) {
	c, r := &s.clients, &s.requests.items[i]
	r.intended = s.now
	c.inFlight.Enter(s.now)
	if len(s.instances) > 1 {
		r.instance = s.balancer.pick()
		s.balancer.give(r.instance, s.now)
	}
	s.dropDeadlines()
	c.deadlines.Push(deadline{ticket{i, r.gen}, s.now + int64(s.config.Workload.Timeout)})
	if !c.watched {
		c.watched = true
		s.events.Schedule(c.deadlines.First().at, evDeadline, 0)
	}
	if s.connected(r) {
		s.submit(i)
	} else {
		s.instances[r.instance].waiting.Push(ticket{i, r.gen})
	}
}

// connected gives a request a connection: of the idle ones that which was used last,
// so that no more are kept warm than are needed (as package load has it), or else a
// new one, if there may be one. The kernel gives a new one to one of the loops, by
// a hash of its addresses, and there it stays.
func (s *Simulation) connected(r *request) bool {
	v := &s.instances[r.instance]
	if n := len(v.idle); n > 0 {
		r.home = v.idle[n-1]
		v.idle = v.idle[:n-1]
		return true
	}
	if v.open >= s.engine.connections {
		return false
	}
	v.open++
	r.home = r.instance*int32(len(s.engine.pools)) + int32(s.engine.starts)
	if n := s.engine.starters; n > 1 {
		r.home += int32(r.seed >> 32 % uint64(n))
	}
	return true
}

// dropDeadlines takes the first of the deadlines out, as long as their requests have
// been answered: two at a time, so that there are no more of them than requests
// since the oldest that is open.
func (s *Simulation) dropDeadlines() {
	c := &s.clients
	for range min(2, c.deadlines.Len()) {
		d := c.deadlines.First()
		if r := &s.requests.items[d.request]; r.gen == d.gen && !r.ended {
			return
		}
		c.deadlines.Pop()
	}
}

// deadline ends the requests whose time has passed, and goes on watching at the
// first that is still open.
func (s *Simulation) deadline() {
	c := &s.clients
	for c.deadlines.Len() > 0 {
		d := c.deadlines.First()
		r := &s.requests.items[d.request]
		open := r.gen == d.gen && !r.ended
		if open && d.at > s.now {
			s.events.Schedule(d.at, evDeadline, 0)
			return
		}
		c.deadlines.Pop()
		if open {
			outcome := load.Timeout
			if !r.sent {
				outcome = load.ConnectTimeout
			}
			s.ended(d.request, outcome)
		}
	}
	c.watched = false
}

// ended is the end of a request for its client.
func (s *Simulation) ended(i int32, o load.Outcome) {
	r := &s.requests.items[i]
	r.ended = true
	s.clients.inFlight.Leave(s.now, r.intended)
	if len(s.instances) > 1 && !s.plant.neverForgets {
		s.balancer.take(r.instance, s.now, r.intended)
	}
	if !s.retry(i, o) {
		if s.config.Ended != nil {
			s.config.Ended(s.endedAs(r, o))
		}
		if s.config.Clients > 0 {
			s.think(r.client)
		}
	}
	if r = &s.requests.items[i]; r.served || !r.sent {
		s.requests.free = append(s.requests.free, i)
	}
}

// submit gives the server a request, on a connection.
func (s *Simulation) submit(i int32) {
	r := &s.requests.items[i]
	r.sent, r.received, r.in, r.state = true, s.now, s.now, model.Queued
	v := &s.instances[r.instance]
	v.inside.Enter(s.now)
	k := s.newStrand(i, s.routes[r.route])
	st := &s.strands.items[k]
	st.parent = -1
	st.rng.Seed(r.seed, routeStream)
	if !s.enqueue(k, r.home, false) {
		v.rejected++
		r.failed = true
		s.freeStrand(k)
		s.respond(i)
	}
}

// routeStream is what the synthetic service tells the random numbers of a
// request's steps by.
const routeStream = 0x53594e5448455449

// respond is the end of a request for the server.
func (s *Simulation) respond(i int32) {
	r := &s.requests.items[i]
	v := &s.instances[r.instance]
	s.enter(r, model.OnCPU)
	for state, ns := range r.spent {
		v.residence[state] += ns
	}
	v.inside.Leave(s.now, r.received)
	v.responses++
	r.served = true
	abandoned := r.ended
	if abandoned {
		v.open-- // its client has closed it
		s.requests.free = append(s.requests.free, i)
	} else {
		v.idle = append(v.idle, r.home)
		outcome := load.OK
		if r.failed {
			outcome = load.Status
		}
		s.ended(i, outcome)
	}
	s.connect(v)
}

// connect lets those who wait for one of an instance's connections have what there is.
func (s *Simulation) connect(v *instance) {
	for v.waiting.Len() > 0 && (len(v.idle) > 0 || v.open < s.engine.connections) {
		t := v.waiting.Pop()
		r := &s.requests.items[t.request]
		if r.gen != t.gen || r.ended {
			continue // its time has passed
		}
		s.connected(r)
		s.submit(t.request)
	}
}

// Unfinished calls f with every request that is still open for its client, or waits
// to be sent again.
func (s *Simulation) Unfinished(f func(Ended)) {
	for i := range s.requests.items {
		if r := &s.requests.items[i]; !r.ended {
			f(s.endedAs(r, load.Unfinished))
		}
	}
}

func (s *Simulation) endedAs(r *request, o load.Outcome) Ended {
	return Ended{Route: int(r.route), Intended: r.due, Done: s.now, Outcome: o, Instance: int(r.instance), Retries: int(r.retries)}
}

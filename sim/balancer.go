package sim

import (
	"fmt"
	"math/rand/v2"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/sim/event"
)

// A balancer gives each request to an instance when it is due, and for good: who
// waits for one of an instance's connections waits for that instance.
type balancer struct {
	policy  model.Balancer
	rng     *rand.Rand
	next    int32
	open    []event.Level // requests that each instance was given and that are open for their clients
	ranking ranking
}

func newBalancer(c *Config) balancer {
	b := balancer{policy: c.Balancer, rng: event.NewStream(c.Seed, "balancer"), open: make([]event.Level, c.Instances)}
	if b.policy == "" {
		b.policy = model.RoundRobin
	}
	if b.policy == model.LeastConnections {
		b.ranking = newRanking(c.Instances)
	}
	return b
}

// pick chooses the instance of the next request.
func (b *balancer) pick() int32 {
	n := int32(len(b.open))
	switch b.policy {
	case model.RandomInstance:
		return b.rng.Int32N(n)
	case model.LeastConnections:
		return b.ranking.order[b.rng.Int32N(b.ranking.fewest())]
	case model.TwoChoices:
		i, j := b.rng.Int32N(n), b.rng.Int32N(n-1)
		if j >= i {
			j++
		}
		if b.open[j].N < b.open[i].N {
			return j
		}
		return i
	default:
		i := b.next
		b.next = (i + 1) % n
		return i
	}
}

// give counts a request that an instance is given.
func (b *balancer) give(i int32, now int64) {
	b.open[i].Enter(now)
	if b.ranking.order != nil {
		b.ranking.up(i)
	}
}

// take counts one that has ended for its client, who sent it at since.
func (b *balancer) take(i int32, now, since int64) {
	b.open[i].Leave(now, since)
	if b.ranking.order != nil {
		b.ranking.down(i)
	}
}

// check holds the balancer's counts against the clients'.
func (b *balancer) check(now, inFlight int64) error {
	sum := int64(0)
	for i := range b.open {
		if err := b.open[i].Check(now); err != nil {
			return fmt.Errorf("instance %d: %w", i, err)
		}
		if n := b.open[i].N; b.ranking.order != nil && n != int64(b.ranking.count[i]) {
			return fmt.Errorf("instance %d is ranked by %d requests, and has %d", i, b.ranking.count[i], n)
		}
		sum += b.open[i].N
	}
	if sum != inFlight {
		return fmt.Errorf("it counts %d requests, and clients have %d", sum, inFlight)
	}
	return nil
}

// A ranking keeps instances in the order of what they have. Counts change by one,
// so that each change is one exchange with the first or the last of the same count.
type ranking struct {
	order []int32 // instances, those with the fewest first
	place []int32 // of each instance in it
	count []int32 // of each instance
	ends  []int32 // of each count, how many instances have it or less
}

func newRanking(n int) ranking {
	r := ranking{order: make([]int32, n), place: make([]int32, n), count: make([]int32, n), ends: []int32{int32(n)}}
	for i := range r.order {
		r.order[i], r.place[i] = int32(i), int32(i)
	}
	return r
}

// fewest returns how many share the lowest count; they are the first of the order.
func (r *ranking) fewest() int32 { return r.ends[r.count[r.order[0]]] }

func (r *ranking) up(i int32) {
	c := r.count[i]
	r.exchange(i, r.ends[c]-1)
	r.ends[c]--
	if r.count[i]++; int(c)+1 == len(r.ends) {
		r.ends = append(r.ends, int32(len(r.order)))
	}
}

func (r *ranking) down(i int32) {
	c := r.count[i]
	r.exchange(i, r.ends[c-1])
	r.ends[c-1]++
	r.count[i]--
}

// exchange moves an instance to a place, and who stood there to its own.
func (r *ranking) exchange(i, place int32) {
	j, from := r.order[place], r.place[i]
	r.order[place], r.order[from] = i, j
	r.place[i], r.place[j] = place, from
}

package sim

import (
	"errors"
	"math"
	"math/rand/v2"
	"time"

	"github.com/plimsoll-dev/plimsoll/load"
	"github.com/plimsoll-dev/plimsoll/model"
)

// A Retry is what clients do about a request that timed out or was refused (503):
// they send it again, as a request of its own with all of the timeout before it.
// The zero Retry is that they do not.
type Retry struct {
	Times  int        // at most
	Wait   model.Dist // before the first of them; the zero Dist: none
	Double bool       // twice as long before each further one
}

// FullJitter is to wait for a random time up to backoff before the first retry, up
// to twice as long before the second and so on (Brooker, Exponential Backoff And
// Jitter, AWS Architecture Blog, 2015).
func FullJitter(times int, backoff time.Duration) Retry {
	return Retry{Times: times, Wait: model.Dist{Kind: model.DistUniform, B: backoff}, Double: true}
}

func (r *Retry) validate() error {
	if r.Times < 0 {
		return errors.New("sim: clients retry less than 0 times; write 0 for clients that do not")
	}
	if r.Times == 0 && (!r.Wait.IsZero() || r.Double) {
		return errors.New("sim: clients wait before retries that they do not make; say how many they make")
	}
	return nil
}

// retries are those of all clients.
type retries struct {
	wait  draw
	rng   *rand.Rand
	count uint64 // that were sent
}

// retry has the client of a request that failed send it again; it reports whether
// it does.
func (s *Simulation) retry(i int32, o load.Outcome) bool {
	r := &s.requests.items[i]
	if int(r.retries) >= s.config.Retry.Times || o == load.OK {
		return false
	}
	k := s.requests.take()
	r = &s.requests.items[i]
	again := &s.requests.items[k]
	*again = request{due: r.due, seed: r.seed, route: r.route, client: r.client, instance: r.instance, retries: r.retries + 1, last: o, gen: again.gen + 1}
	wait := s.clients.retries.wait.from(s.clients.retries.rng)
	if s.config.Retry.Double {
		wait = int64(min(math.Ldexp(float64(wait), int(min(r.retries, 100))), longest))
	}
	s.events.Schedule(s.now+wait, evRetry, k)
	return true
}

// again sends a request again, unless too many are open: then the last time that it
// was sent is how it ended. It draws other numbers than
// before: another instance, or another moment, takes another time.
func (s *Simulation) again(i int32) {
	r := &s.requests.items[i]
	if s.capped() {
		r.ended = true
		r.retries--
		if s.config.Ended != nil {
			s.config.Ended(s.endedAs(r, r.last))
		}
		s.requests.free = append(s.requests.free, i)
		return
	}
	s.clients.retries.count++
	r.seed += 0x9e3779b97f4a7c15 // splitmix64's step: another stream
	s.open(i)
}

package probe

import (
	"cmp"
	"math"
	"slices"

	"github.com/plimsoll-dev/plimsoll/record"
)

// lostSYN is how long a connection takes at least whose first packet was lost:
// Linux, and RFC 6298, send it again after a second.
const lostSYN = 0.9

// A shape is when the requests of a wave were sent and answered, both sorted.
//
// It is what a first-come-first-served pool leaves behind: request number k
// begins as it is sent, or as the (k−N)th of them ends, whichever is later. So
// the times between are the service times exactly if N is right, and their mean
// is it for any order of service, because sorting does not change a sum.
type shape struct {
	sent, done []float64 // seconds since the first was sent; of those answered
	from       int       // those before this one only say when the others could begin
	refused    int
	lost       int // came late, because their connection did, or not at all
	failed     int // no answer, in other ways
}

func shapeOf(heavy []record.Request) *shape {
	s := new(shape)
	if len(heavy) == 0 {
		return s
	}
	zero := begun(&heavy[0])
	for i := range heavy {
		r := &heavy[i]
		switch {
		case lateOpened(r) && (answered(r) || r.Sent == 0):
			s.lost++
		case answered(r):
			s.sent = append(s.sent, float64(begun(r)-zero)/1e9)
			s.done = append(s.done, float64(r.Done-zero)/1e9)
		case refusal(r):
			s.refused++
		default:
			s.failed++
		}
	}
	slices.Sort(s.sent)
	slices.Sort(s.done)
	return s
}

// refusal reports whether a request was turned away, in one of the ways that
// servers have for it.
func refusal(r *record.Request) bool {
	switch r.Status {
	case statusRefused, statusReset, statusClosed, statusFallback:
		return true
	}
	return cmp.Compare(r.Status, "300") >= 0 && len(r.Status) == 3
}

func (s *shape) count() int { return len(s.done) }

// times returns the service times that a pool of n would have had.
func (s *shape) times(n int) []float64 {
	xs := make([]float64, 0, len(s.done)-s.from)
	for k := s.from; k < len(s.done); k++ {
		begin := s.sent[k]
		if k >= n {
			begin = max(begin, s.done[k-n])
		}
		xs = append(xs, s.done[k]-begin)
	}
	return xs
}

// The most by which a service under load may be faster than alone, or slower,
// without that being a wall of its own.
const (
	fastest  = 0.5
	slowdown = 1.35
)

// pool returns the log-likelihood of a pool of n; n of math.MaxInt: there is no
// wall. That requests are slower among others is allowed to some degree, and
// counted against it.
func (s *shape) pool(n int, noise noise) float64 {
	xs := s.times(n)
	slow := min(max(median(xs)/math.Exp(noise.centre), fastest), slowdown)
	chance := noise.spread / math.Sqrt(float64(max(1, len(xs))))
	if math.Abs(math.Log(slow)) < 2*chance {
		slow = 1
	}
	tolerance := math.Hypot(0.12, chance)
	ll := -math.Log(slow) * math.Log(slow) / (2 * tolerance * tolerance)
	// The first n are single service times. The others are differences of
	// sorted times, which lie around the mean.
	later := slow * noise.mean / math.Exp(noise.centre)
	for k, x := range xs {
		if s.from+k < n {
			ll += noise.log(x, slow)
		} else {
			ll += noise.log(x, later)
		}
	}
	return ll
}

// lanes returns the log-likelihood of workers that each serve their own
// connections: a request takes a whole number of service times, any of them,
// and for each that took so many there is one that took one fewer.
func (s *shape) lanes(heavy []record.Request, noise noise) float64 {
	ll, n := 0.0, 0
	unit := math.Exp(noise.centre)
	rounds := map[float64]int{}
	most := 1.0
	for i := range heavy {
		if r := &heavy[i]; answered(r) && !lateOpened(r) {
			x := latency(r)
			g := max(1, math.Round(x/unit))
			most = max(most, g)
			rounds[g]++
			// After g rounds the noise of each has added up.
			wide := noise
			wide.spread = max(noise.spread/math.Sqrt(g), 0.03)
			ll += wide.log(x, g)
			n++
		}
	}
	for g := 2.0; g <= most; g++ {
		if more := rounds[g] - rounds[g-1]; more > 0 {
			ll -= 4 * float64(more)
		}
	}
	return ll - float64(n)*math.Log(most+1)
}

// shared returns the log-likelihood of processors that all requests share: all
// take the same multiple of a service time.
func (s *shape) shared(level float64, noise noise) float64 {
	wide := noise
	wide.spread = math.Hypot(noise.spread, 0.12)
	ll := 0.0
	for k, d := range s.done {
		ll += wide.log(d-s.sent[k], level)
	}
	return ll
}

// level is the typical multiple of a service time that requests took.
func (s *shape) level(noise noise) float64 {
	xs := make([]float64, len(s.done))
	for k, d := range s.done {
		xs[k] = d - s.sent[k]
	}
	return median(xs) / math.Exp(noise.centre)
}

// delayed reports whether a pace of one every step seconds would have held the
// requests up by more than chance does.
func (w *wave) delayed(step float64) bool {
	n := w.count()
	return n > 1 && step*float64(n-1)-(w.sent[n-1]-w.sent[0]) > 0.15*w.typical
}

// onTime counts the requests that took less than limit service times.
func (s *shape) onTime(limit float64, noise noise) int {
	n := 0
	for k, d := range s.done {
		if d-s.sent[k] < limit*math.Exp(noise.centre) {
			n++
		}
	}
	return n
}

// average returns the mean service time under a pool of n. A single time beyond
// the longest counts as that.
func (s *shape) average(n int, longest float64) float64 {
	sum := 0.0
	for _, x := range s.times(n) {
		sum += min(x, longest)
	}
	return sum / float64(len(s.done))
}

// little returns the size of a pool in which requests would have had the mean
// service time: Little's law, solved for n.
func (s *shape) little(noise noise) int {
	low, high := 1, len(s.done)
	for low < high {
		n := (low + high) / 2
		if s.average(n, 4*noise.mean) < noise.mean {
			low = n + 1
		} else {
			high = n
		}
	}
	return low
}

package mechanism

import "math"

// LetIn says which requests a service takes that has room for so many at once. Who
// finds it full waits for a place, in the order of arrival, and no longer than
// patience. The requests were sent at those times, ascending, and done at those; of
// who was turned away that is NaN, and if it is taken here it takes so long.
func LetIn(room int, patience, takes float64, sent, done []float64) []bool {
	var free ends // when each place that was ever taken is free again, or was
	taken := make([]bool, len(sent))
	for k, at := range sent {
		if len(free) == room {
			place := free.pop()
			if place.at > at+patience {
				free.push(place)
				continue
			}
			at = max(at, place.at)
		}
		taken[k] = true
		until := done[k]
		if math.IsNaN(until) { // another was taken in its place, and took about as long
			until = at + takes
		}
		free.push(end{until, k})
	}
	return taken
}

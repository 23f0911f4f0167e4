package mechanism

import "math/rand/v2"

// ways are those in which a request may come to a pool several times: the shares
// of its time that it takes there, each time at the end of the queue. Two or three
// queries, each on a connection from the pool; or all at once, and then something
// short, as a connection that is reset when it is given back.
var ways = [...][]float64{{1, 0}, {1. / 2, 1. / 2}, {1. / 3, 1. / 3, 1. / 3}, {1. / 4, 1. / 4, 1. / 4, 1. / 4}}

// Ways is in how many ways requests may come to a pool several times.
const Ways = len(ways)

// Visits serves N at once, and each request in several visits: Way, below [Ways],
// says in which.
type Visits struct{ N, Way int }

func (m Visits) answer(sent []float64, draw func() float64, _ *rand.Rand) []float64 {
	shares := ways[m.Way]
	whole, done := make([]float64, len(sent)), make([]float64, len(sent))
	for k := range whole {
		whole[k] = draw()
	}
	made := make([]int, len(sent)) // visits
	var busy ends
	queue := make([]int, 0, len(sent)*len(shares))
	for next := 0; next < len(sent) || len(busy) > 0; {
		now := 0.0
		if next < len(sent) && (len(busy) == 0 || sent[next] <= busy[0].at) {
			now = sent[next]
			queue = append(queue, next)
			next++
		} else {
			visit := busy.pop()
			k := visit.request
			now = visit.at
			if made[k]++; made[k] < len(shares) {
				queue = append(queue, k)
			} else {
				done[k] = now
			}
		}
		for len(busy) < m.N && len(queue) > 0 {
			k := queue[0]
			queue = queue[1:]
			busy.push(end{now + shares[made[k]]*whole[k], k})
		}
	}
	return done
}

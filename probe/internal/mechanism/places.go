package mechanism

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// Places serves N at once, in the order of arrival.
type Places struct{ N int }

func (m Places) answer(sent []float64, draw func() float64, r *rand.Rand) []float64 {
	if m.N >= len(sent) {
		return Unlimited{}.answer(sent, draw, r)
	}
	done := make([]float64, len(sent))
	var free ends
	for k, at := range sent {
		if len(free) == m.N {
			at = max(at, free.pop().at)
		}
		done[k] = at + draw()
		free.push(end{done[k], k})
	}
	return done
}

// Workers are N that serve Each requests at once, of connections that come to them
// at random, or in turn.
type Workers struct {
	N, Each int
	Random  bool
}

func (m Workers) answer(sent []float64, draw func() float64, r *rand.Rand) []float64 {
	done := make([]float64, len(sent))
	free := make([]ends, m.N)
	for k, at := range sent {
		w := k % m.N
		if m.Random {
			w = r.IntN(m.N)
		}
		if len(free[w]) == m.Each {
			at = max(at, free[w].pop().at)
		}
		done[k] = at + draw()
		free[w].push(end{done[k], k})
	}
	return done
}

// Portion serves N at once for a share of each request's time, after the rest of
// it, in which nothing is in the way: a connection of a pool that is taken late, or
// given back early, which makes no difference to the times.
type Portion struct {
	N     int
	Share float64
}

func (m Portion) answer(sent []float64, draw func() float64, r *rand.Rand) []float64 {
	type visit struct{ at, takes float64 }
	visits := make([]visit, len(sent))
	for k, at := range sent {
		whole := draw()
		visits[k] = visit{at + (1-m.Share)*whole, m.Share * whole}
	}
	slices.SortFunc(visits, func(v, w visit) int { return cmp.Compare(v.at, w.at) })
	at := make([]float64, len(visits))
	for k, v := range visits {
		at[k] = v.at
	}
	next := 0
	return Places{m.N}.answer(at, func() float64 { next++; return visits[next-1].takes }, r)
}

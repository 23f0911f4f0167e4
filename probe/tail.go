package probe

import "math"

// A capacity is how many places a service had at the end of a time in which it was
// kept busy.
type capacity struct {
	count     int // requests kept in flight
	n         int
	low, high int     // sizes that are nearly as likely
	above     float64 // it is none of these or less, whatever waves say
}

// capacityOf measures it; nil: it cannot be told. Where service times are steady the
// lags between answers tell exactly, as those of a wave do: all that was in flight
// as the load fell is one. Else Little's law does, to its doubt.
func (a *assessment) capacityOf(o *Observation) *capacity {
	g := a.busy(o)
	if g == nil || turnedAway(o) > 0 {
		return nil
	}
	c := &capacity{o.Count, int(math.Round(g.last)), int(math.Floor(g.last * (1 - 2*g.doubt))), int(math.Ceil(g.last * (1 + 2*g.doubt))), (g.last - 1) / (1.2 + 2*g.doubt)}
	if 10*g.last > 9*float64(g.count) {
		c.high = max(c.high, g.count) // it had no more to do, and might have had more
		return c
	}
	tail := o.tail(a.noise.mean)
	if !a.noise.steady() || tail == nil {
		return c
	}
	best := math.Inf(-1)
	lls := map[int]float64{}
	for n := max(1, int(0.85*g.last)-1); n <= min(int(1.15*g.last)+1, o.Count); n++ {
		lls[n] = sizePower * a.h.recall(memory{experiment: o.ID, n: n, noise: a.noise}, func() float64 { return tail.pool(n, a.noise) })
		if lls[n] > best {
			best, c.n = lls[n], n
		}
	}
	c.low, c.high = c.n, c.n
	for n, ll := range lls {
		if ll > best-3 {
			c.low, c.high = min(c.low, n), max(c.high, n)
		}
	}
	c.above = lessThan(c.low)
	return c
}

// lessThan is what waves find no more than if they find less than n: sizes are
// known to half a place, and large ones to 2 % (docs/accuracy.md).
func lessThan(n int) float64 { return 0.98*float64(n) - 0.5 }

// tail is what was in flight as the load fell, or was answered in the service
// time before; nil: some connections came late, and what was sent on them is
// missing.
func (o *Observation) tail(unit float64) *shape {
	s := shapeOf(o.Heavy)
	if s.lost+s.failed > 0 || s.count() == 0 {
		return nil
	}
	fell := s.sent[len(s.sent)-1] - unit
	for s.from < len(s.done) && s.done[s.from] < fell {
		s.from++
	}
	return s
}

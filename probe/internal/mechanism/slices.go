package mechanism

import "math/rand/v2"

// Slices has N processors work for a slice of so many seconds at most on each
// request, and then on the next: on who waits longest, or on any of those who wait.
type Slices struct {
	N     int
	Slice float64
	ByLot bool
}

func (m Slices) answer(sent []float64, draw func() float64, r *rand.Rand) []float64 {
	done, left := make([]float64, len(sent)), make([]float64, len(sent))
	type slot struct {
		of    int
		until float64
	}
	var running []slot
	var ready []int
	begin := func(now float64) {
		for len(ready) > 0 && len(running) < m.N {
			i := 0
			if m.ByLot {
				i = r.IntN(len(ready))
			}
			k := ready[i]
			ready = append(ready[:i], ready[i+1:]...)
			d := min(m.Slice, left[k])
			left[k] -= d
			running = append(running, slot{k, now + d})
		}
	}
	for come := 0; come < len(sent) || len(running) > 0; {
		first := 0
		for i := range running {
			if running[i].until < running[first].until {
				first = i
			}
		}
		if come < len(sent) && (len(running) == 0 || sent[come] <= running[first].until) {
			left[come] = draw()
			ready = append(ready, come)
			begin(sent[come])
			come++
			continue
		}
		s := running[first]
		running = append(running[:first], running[first+1:]...)
		begin(s.until) // who waited goes first
		if left[s.of] > 0 {
			ready = append(ready, s.of)
			begin(s.until)
		} else {
			done[s.of] = s.until
		}
	}
	return done
}

package probe

import (
	"cmp"
	"math"
	"slices"
)

// A window is a limit by time that counts: n requests in each stretch of so many
// seconds, at whatever times within it.
type window struct {
	n      int
	length float64 // seconds
	begins beginning
	phase  float64 // when one of them begins, if that is by the clock
}

// A beginning is when a window begins.
type beginning int

const (
	byClock   beginning = iota // one after the other (flask-limiter's fixed-window, Redis's INCR with a key for each second)
	byRequest                  // with the first request after the last window (express-rate-limit, INCR with EXPIRE)
	sliding                    // with every request: n in no stretch are exceeded (flask-limiter's moving-window)
)

// lengths are those that people write, in seconds. Of longer ones than the probe
// takes, only the number is seen: all of them explain that alike, and so the rate
// is vague. That takes two at least that no probe sees the end of.
var lengths = []float64{1, 2, 5, 10, 15, 30, 60, 600, 3600}

// rate is how many requests it lets in a second, for ever.
func (w *window) rate() float64 { return float64(w.n) / w.length }

// since is when the window began that a request falls into, where the last one
// began at that time.
func (w *window) since(last, at float64) float64 {
	switch {
	case w.begins == byClock:
		return w.phase + math.Floor((at-w.phase)/w.length)*w.length
	case at >= last+w.length:
		return at
	}
	return last
}

// admits returns the window as it is before anything was asked.
func (w *window) admits() func(at float64) bool {
	if w.begins == sliding {
		var let []float64
		return func(at float64) bool {
			for len(let) > 0 && let[0] <= at-w.length {
				let = let[1:]
			}
			if len(let) >= w.n {
				return false
			}
			let = append(let, at)
			return true
		}
	}
	from, n := math.Inf(-1), 0
	return func(at float64) bool {
		if since := w.since(from, at); since != from {
			from, n = since, 0
		}
		n++
		return n <= w.n
	}
}

// An arrival is a heavy request as a limit by time meets it.
type arrival struct {
	at  float64 // seconds
	let bool    // it was not turned away
}

// arrivals are all that were asked, in their order.
func arrivals(asked []asking) (all []arrival) {
	for i := range asked {
		for k, at := range asked[i].at {
			all = append(all, arrival{at, asked[i].taken[k]})
		}
	}
	slices.SortStableFunc(all, func(x, y arrival) int { return cmp.Compare(x.at, y.at) })
	return all
}

// count fills in how many a window of that length and beginning let in: the
// typical number of those that turned some away.
func (w *window) count(all []arrival) {
	var full []int
	if w.begins == sliding {
		first, in := 0, 0
		for _, x := range all {
			for all[first].at <= x.at-w.length {
				if all[first].let {
					in--
				}
				first++
			}
			if x.let {
				in++
			} else {
				full = append(full, in)
			}
		}
	} else {
		from, in, refused := math.Inf(-1), 0, false
		end := func() {
			if refused {
				full = append(full, in)
			}
		}
		for _, x := range all {
			if since := w.since(from, x.at); since != from {
				end()
				from, in, refused = since, 0, false
			}
			if x.let {
				in++
			}
			refused = refused || !x.let
		}
		end()
	}
	if len(full) == 0 {
		return
	}
	slices.Sort(full)
	w.n = full[len(full)/2]
}

// windows returns those that may explain what was turned away. One that goes by
// the clock begins between a request that was turned away and the next that was
// not.
func windows(all []arrival) (out []window) {
	try := func(w window) {
		if w.count(all); w.n > 0 {
			out = append(out, w)
		}
	}
	var phases []float64
	for i := 1; i < len(all); i++ {
		if all[i].let && !all[i-1].let {
			phases = append(phases, (all[i].at+all[i-1].at)/2, all[i].at-0.001)
		}
	}
	const most = 60
	for _, length := range lengths {
		try(window{length: length, begins: byRequest})
		try(window{length: length, begins: sliding})
		for i := 0; i < len(phases); i += 1 + len(phases)/most {
			try(window{length: length, begins: byClock, phase: phases[i]})
		}
	}
	return out
}

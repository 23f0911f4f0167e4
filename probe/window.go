package probe

import (
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

	// The window before counts as well, by the share of it that is less than a
	// length ago: a sliding window counter (HAProxy's http_req_rate, by request,
	// src/freq_ctr.c; Cloudflare's and flask-limiter's, by the clock).
	weighted bool
	// Requests count also if they were turned away, so that who keeps asking stays
	// out: where a rate is measured first and judged then (HAProxy's stick tables,
	// Jetty's DoSFilter).
	refused bool
}

// A beginning is when a window begins.
type beginning int

const (
	byClock   beginning = iota // one after the other (flask-limiter's fixed-window, Redis's INCR with a key for each second)
	byRequest                  // with the first request after the last window (express-rate-limit, INCR with EXPIRE)
	sliding                    // with every request: n in no stretch are exceeded (flask-limiter's moving-window, DoSFilter's ring of times)
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
	case w.weighted && at >= last+w.length && at < last+2*w.length:
		return last + w.length
	case at >= last+w.length:
		return at
	}
	return last
}

// A count is what a window knows of the requests until now.
type count struct {
	*window
	log        []float64 // of a sliding one: when they came
	from       float64   // when this window began
	in, before int       // requests in it, and in the one before
}

// count returns what a window knows before anything was asked.
func (w *window) count() *count { return &count{window: w, from: math.Inf(-1)} }

// at is how many requests count against one that comes then.
func (c *count) at(at float64) float64 {
	if c.begins == sliding {
		for len(c.log) > 0 && c.log[0] <= at-c.length {
			c.log = c.log[1:]
		}
		return float64(len(c.log))
	}
	if since := c.since(c.from, at); since != c.from {
		if c.before = 0; since-c.from < 1.5*c.length {
			c.before = c.in
		}
		c.from, c.in = since, 0
	}
	if c.weighted {
		return float64(c.in) + float64(c.before)*max(0, 1-(at-c.from)/c.length)
	}
	return float64(c.in)
}

func (c *count) add(at float64) {
	if c.in++; c.begins == sliding {
		c.log = append(c.log, at)
	}
}

// admits returns the window as it is before anything was asked.
func (w *window) admits() func(at float64) bool {
	c := w.count()
	return func(at float64) bool {
		ok := c.at(at) < float64(w.n)
		if ok || w.refused {
			c.add(at)
		}
		return ok
	}
}

// fill fills in how many a window of that length and beginning lets in: as many
// as there typically were when it began to turn away.
func (w *window) fill(all []arrival) {
	c := w.count()
	var full []int
	let := true
	for i := range all {
		x := &all[i]
		n := c.at(x.at)
		if let && !x.let {
			full = append(full, int(n))
		}
		if let = x.let; let || w.refused {
			c.add(x.at)
		}
	}
	if len(full) > 0 {
		slices.Sort(full)
		w.n = full[len(full)/2]
	}
}

// windows returns those that may explain what was turned away. One that goes by
// the clock begins between a request that was turned away and the next that was
// not; of one that is weighted that is not to be seen.
func windows(all []arrival) (out []window) {
	try := func(w window) {
		w.fill(all)
		if w.n > 0 {
			out = append(out, w)
		}
		if w.refused || w.weighted { // few beginnings of refusals are seen, if who is out stays out
			for _, n := range []int{w.n - 1, w.n + 1} {
				if w.n = n; n > 0 {
					out = append(out, w)
				}
			}
		}
	}
	var phases []float64
	for i := 1; i < len(all); i++ {
		if all[i].let && !all[i-1].let {
			phases = append(phases, (all[i].at+all[i-1].at)/2, all[i].at-0.001)
		}
	}
	const most, parts = 60, 8
	for _, length := range lengths {
		try(window{length: length, begins: byRequest})
		for i := 0; i < len(phases); i += 1 + len(phases)/most {
			try(window{length: length, begins: byClock, phase: phases[i]})
		}
		for _, refused := range []bool{false, true} {
			try(window{length: length, begins: sliding, refused: refused})
			try(window{length: length, begins: byRequest, weighted: true, refused: refused})
			for part := range parts {
				try(window{length: length, begins: byClock, phase: length * float64(part) / parts, weighted: true, refused: refused})
			}
		}
	}
	return out
}

// choices is between how many windows of its length one was chosen.
func (w *window) choices() float64 {
	n := 1.0
	if w.begins == byClock {
		n *= float64(len(lengths)) // when it begins was chosen, too
	}
	if w.weighted {
		n *= 2
	}
	if w.refused {
		n *= 2
	}
	return n
}

package ratelimit

import (
	"math"
	"slices"
)

// A Window is a limit by time that counts: n requests in each stretch of so many
// seconds, at whatever times within it.
type Window struct {
	N      int
	Length float64 // seconds
	Begins Beginning
	phase  float64 // when one of them begins, if that is by the clock

	// The window before counts as well, by the share of it that is less than a
	// length ago: a sliding window counter (HAProxy's http_req_rate, by request,
	// src/freq_ctr.c; Cloudflare's and flask-limiter's, by the clock).
	Weighted bool
	// Requests count also if they were turned away, so that who keeps asking stays
	// out: where a rate is measured first and judged then (HAProxy's stick tables,
	// Jetty's DoSFilter).
	Refused bool
}

// A Beginning is when a window begins.
type Beginning int

const (
	ByClock   Beginning = iota // one after the other (flask-limiter's fixed-window, Redis's INCR with a key for each second)
	ByRequest                  // with the first request after the last window (express-rate-limit, INCR with EXPIRE)
	Sliding                    // with every request: n in no stretch are exceeded (flask-limiter's moving-window, DoSFilter's ring of times)
)

// Lengths are those that people write, in seconds. Of longer ones than the probe
// takes, only the number is seen: all of them explain that alike, and so the rate
// is vague. That takes two at least that no probe sees the end of.
var Lengths = []float64{1, 2, 5, 10, 15, 30, 60, 600, 3600}

// rate is how many requests it lets in a second, for ever.
func (w *Window) rate() float64 { return float64(w.N) / w.Length }

// since is when the window began that a request falls into, where the last one
// began at that time.
func (w *Window) since(last, at float64) float64 {
	switch {
	case w.Begins == ByClock:
		return w.phase + math.Floor((at-w.phase)/w.Length)*w.Length
	case w.Weighted && at >= last+w.Length && at < last+2*w.Length:
		return last + w.Length
	case at >= last+w.Length:
		return at
	}
	return last
}

// A count is what a window knows of the requests until now.
type count struct {
	*Window
	log        []float64 // of a sliding one: when they came
	from       float64   // when this window began
	in, before int       // requests in it, and in the one before
}

// count returns what a window knows before anything was asked.
func (w *Window) count() *count { return &count{Window: w, from: math.Inf(-1)} }

// at is how many requests count against one that comes then.
func (c *count) at(at float64) float64 {
	if c.Begins == Sliding {
		for len(c.log) > 0 && c.log[0] <= at-c.Length {
			c.log = c.log[1:]
		}
		return float64(len(c.log))
	}
	if since := c.since(c.from, at); since != c.from {
		if c.before = 0; since-c.from < 1.5*c.Length {
			c.before = c.in
		}
		c.from, c.in = since, 0
	}
	if c.Weighted {
		return float64(c.in) + float64(c.before)*max(0, 1-(at-c.from)/c.Length)
	}
	return float64(c.in)
}

func (c *count) add(at float64) {
	if c.in++; c.Begins == Sliding {
		c.log = append(c.log, at)
	}
}

// admits returns the window as it is before anything was asked.
func (w *Window) admits() func(at float64) bool {
	c := w.count()
	return func(at float64) bool {
		ok := c.at(at) < float64(w.N)
		if ok || w.Refused {
			c.add(at)
		}
		return ok
	}
}

// fill fills in how many a window of that length and beginning lets in: as many
// as there typically were when it began to turn away.
func (w *Window) fill(all []arrival) {
	c := w.count()
	var full []int
	let := true
	for i := range all {
		x := &all[i]
		n := c.at(x.at)
		if let && !x.let {
			full = append(full, int(n))
		}
		if let = x.let; let || w.Refused {
			c.add(x.at)
		}
	}
	if len(full) > 0 {
		slices.Sort(full)
		w.N = full[len(full)/2]
	}
}

// windows returns those that may explain what was turned away. One that goes by
// the clock begins between a request that was turned away and the next that was
// not; of one that is weighted that is not to be seen.
func windows(all []arrival) (out []Window) {
	try := func(w Window) {
		w.fill(all)
		if w.N > 0 {
			out = append(out, w)
		}
		if w.Refused || w.Weighted { // few beginnings of refusals are seen, if who is out stays out
			for _, n := range []int{w.N - 1, w.N + 1} {
				if w.N = n; n > 0 {
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
	for _, length := range Lengths {
		try(Window{Length: length, Begins: ByRequest})
		for i := 0; i < len(phases); i += 1 + len(phases)/most {
			try(Window{Length: length, Begins: ByClock, phase: phases[i]})
		}
		for _, refused := range []bool{false, true} {
			try(Window{Length: length, Begins: Sliding, Refused: refused})
			try(Window{Length: length, Begins: ByRequest, Weighted: true, Refused: refused})
			for part := range parts {
				try(Window{Length: length, Begins: ByClock, phase: length * float64(part) / parts, Weighted: true, Refused: refused})
			}
		}
	}
	return out
}

// choices is between how many windows of its length one was chosen.
func (w *Window) choices() float64 {
	n := 1.0
	if w.Begins == ByClock {
		n *= float64(len(Lengths)) // when it begins was chosen, too
	}
	if w.Weighted {
		n *= 2
	}
	if w.Refused {
		n *= 2
	}
	return n
}

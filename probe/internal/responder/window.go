package responder

import (
	"sync"
	"time"
)

// Windows lets n requests through in each window and refuses the rest with 429.
// A window begins by the clock, offset after a whole number of them; or, where
// offset is negative, with the first request after the last one.
func Windows(n int, length, offset time.Duration) Wall {
	var mu sync.Mutex
	var from time.Time
	let := 0
	return func(c *Call, next func()) {
		mu.Lock()
		now := time.Now()
		begun := from
		if offset >= 0 {
			begun = now.Add(-offset).Truncate(length).Add(offset)
		} else if now.Sub(from) >= length {
			begun = now
		}
		if !begun.Equal(from) {
			from, let = begun, 0
		}
		let++
		ok := let <= n
		mu.Unlock()
		if !ok {
			c.Status = 429
			return
		}
		next()
	}
}

// SlidingWindow lets a request through if fewer than n were in the time before
// it, and refuses it with 429 if not.
func SlidingWindow(n int, length time.Duration) Wall {
	var mu sync.Mutex
	var let []time.Time
	return func(c *Call, next func()) {
		mu.Lock()
		now := time.Now()
		for len(let) > 0 && now.Sub(let[0]) >= length {
			let = let[1:]
		}
		ok := len(let) < n
		if ok {
			let = append(let, now)
		}
		mu.Unlock()
		if !ok {
			c.Status = 429
			return
		}
		next()
	}
}

// Ring lets a request through if the nth before it was longer ago, whether that was
// let through or not, and refuses it with 429 if not: Jetty's DoSFilter.
func Ring(n int, length time.Duration) Wall {
	var mu sync.Mutex
	times, next := make([]time.Time, n), 0
	return func(c *Call, pass func()) {
		mu.Lock()
		now := time.Now()
		ok := times[next].IsZero() || now.Sub(times[next]) >= length
		times[next] = now
		next = (next + 1) % n
		mu.Unlock()
		if !ok {
			c.Status = 429
			return
		}
		pass()
	}
}

// Counter is a sliding window counter: what came in this period, and of what came
// in the one before the share of it that is less than a period ago. It lets a
// request through if that is at most n with it. It counts all requests, in periods
// that begin with the first and again after a pause of two (HAProxy's
// http_req_rate, src/freq_ctr.c); or, where offset is not negative, those that were
// let through, in periods by the clock (Cloudflare's).
func Counter(n int, length, offset time.Duration) Wall {
	var mu sync.Mutex
	var from time.Time
	in, before := 0, 0
	return func(c *Call, next func()) {
		mu.Lock()
		now := time.Now()
		switch ago := now.Sub(from); {
		case ago >= 2*length:
			if from, in, before = now, 0, 0; offset >= 0 {
				from = now.Add(-offset).Truncate(length).Add(offset)
			}
		case ago >= length:
			from, in, before = from.Add(length), 0, in
		}
		left := 1 - float64(now.Sub(from))/float64(length)
		ok := int(float64(in+1)+float64(before)*left) <= n
		if ok || offset < 0 {
			in++
		}
		mu.Unlock()
		if !ok {
			c.Status = 429
			return
		}
		next()
	}
}

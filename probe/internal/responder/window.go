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

// Package ratelimit finds the limit by time that explains who was turned away: so
// many requests a second, however long they take.
//
// [Likeliest] replays limits on all that was asked of a service, in the order in
// which it came: token buckets of a grid of rates and bursts, and windows that
// count. The [Limiter] that it returns says how many requests it lets in, how
// sure that is, and whom it would have let in. Times are in seconds.
package ratelimit

// A Limiter is a limit by time: so many requests a second, and a burst at once; or
// a [Window], which has such a rate.
type Limiter struct {
	Rate     float64
	Vague    bool    // rates that are quite different explain what was seen nearly as well
	Rival    float64 // the likeliest of those
	Unlike   bool    // it is the best, and explains little of what was seen: its rate is nobody's
	Burst    int
	Window   *Window        // nil: it is a token bucket
	Everyone bool           // canaries count, too
	Admitted map[int][]bool // by experiment: which heavy requests it would have let in; nil: nothing was turned away
}

// admits returns the limit as it is before anything was asked: a bucket is full.
func (l *Limiter) admits() func(at float64) bool {
	if l.Window != nil {
		return l.Window.admits()
	}
	tokens, last := float64(l.Burst), 0.0
	return func(at float64) bool {
		tokens = min(float64(l.Burst), tokens+l.Rate*(at-last))
		last = at
		if tokens < 1 {
			return false
		}
		tokens--
		return true
	}
}

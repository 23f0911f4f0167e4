package ratelimit

import "math"

// Agreement is the log-probability of requests that were taken, where others are
// expected to be, by how many they are in each of so many equal parts: of requests
// that come all at once it matters how many are turned away, but not which.
func Agreement(taken, expect []bool, parts int) (ll float64) {
	for part := range parts {
		n, of := 0, 0
		for k := part * len(taken) / parts; k < (part+1)*len(taken)/parts; k++ {
			if taken[k] {
				n++
			}
			if expect[k] {
				of++
			}
		}
		ll += number(n, of)
	}
	return ll
}

// number is the log-probability of seeing n where so many are expected.
func number(n, expect int) float64 {
	switch off := math.Abs(float64(n - expect)); {
	case n == 0 && expect > 0:
		return math.Log(0.001) // there is always room for one
	case off == 0:
		return math.Log(0.9)
	case off <= max(1, 0.02*float64(expect)):
		return math.Log(0.05)
	case off <= max(2, 0.1*float64(expect)):
		return math.Log(0.01)
	}
	return math.Log(0.001)
}

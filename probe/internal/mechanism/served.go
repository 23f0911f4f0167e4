package mechanism

// Served returns for how long each of the requests that were sent and done at those
// times had a place, if they were served in the order in which they were sent, which
// is that of the times: each began as it came, or as fewer than N of those before it
// were left. Of a larger N those who waited seem to take longer than those who did
// not, and of a smaller one some end before they began: their time is negative.
func (m Places) Served(sent, done []float64) []float64 {
	took := make([]float64, len(sent))
	var ahead ends // of those before it, the N that end last
	for k, at := range sent {
		if len(ahead) == m.N {
			at = max(at, ahead[0].at)
		}
		took[k] = done[k] - at
		switch {
		case len(ahead) < m.N:
			ahead.push(end{done[k], k})
		case done[k] > ahead[0].at:
			ahead.pop()
			ahead.push(end{done[k], k})
		}
	}
	return took
}

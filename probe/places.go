package probe

import "math"

// loops returns the log-likelihood of n loops, to which connections come at
// random: some have none while others have several. Then fewer are answered on
// time than there are loops, and never more (occupancy of boxes: Feller, vol. 1,
// ch. IV).
func (w *wave) loops(n int, noise noise) float64 {
	empty := math.Pow(1-1/float64(n), float64(w.count()))
	return w.ofPlaces(n, noise, float64(n)*(1-empty), math.Sqrt(float64(n)*empty*(1-empty))+0.25)
}

// processes returns the log-likelihood of a few processes that have n places
// together: few requests find a place each, many fill all; about as many as
// there are places leave some free where other processes have a queue.
func (w *wave) processes(n int, noise noise) float64 {
	few := float64(min(n, w.count()))
	expect, spread := few, 0.5+0.01*few
	if c := w.count(); 2*c > n && c < 2*n {
		root := math.Sqrt(few) // deviation of how many come to a process, summed over a handful
		expect, spread = few-0.6*root, spread+0.6*root
	}
	return w.ofPlaces(n, noise, expect, spread)
}

// places returns the log-likelihood of rounds that belong to single workers,
// where so many are expected to be answered on time.
func (w *wave) ofPlaces(n int, noise noise, expect, spread float64) float64 {
	lanes := w.h.recall(memory{experiment: w.ID, n: -1, noise: noise}, func() float64 { return w.lanes(w.Heavy, noise) })
	on := w.h.recall(memory{experiment: w.ID, n: -2, noise: noise}, func() float64 { return float64(w.onTime(1.5, noise)) })
	if on > float64(n)*(1+noise.spread/4)+0.5 { // where times vary, a short wait looks like none
		return math.Inf(-1)
	}
	z := (on - expect) / spread
	return lanes + max(-z*z/2, -8) - math.Log(spread+0.5)
}

// Package mechanism makes waves of requests again, as they would have been
// answered if one thing or another had been in their way: so many places, a pace,
// processors that are shared.
//
// [Simulate] has a [Mechanism] answer a wave some times over, with service times
// drawn from those that were seen when nothing was in the way, and returns the
// [Curve] of the answers, which is there to be compared with that of the answers
// that were seen. So no form of the service times has to be assumed. [LetIn] is
// the same for requests that are turned away. Times are in seconds.
package mechanism

import "math/rand/v2"

// A Mechanism is what stands between requests and their answers. Mechanisms are
// comparable, and those that are equal answer alike.
type Mechanism interface {
	// answer returns when each request is done, from when each was sent, ascending,
	// and a source of service times.
	answer(sent []float64, draw func() float64, r *rand.Rand) (done []float64)
}

// Unlimited serves all at once.
type Unlimited struct{}

func (Unlimited) answer(sent []float64, draw func() float64, _ *rand.Rand) []float64 {
	done := make([]float64, len(sent))
	for k, at := range sent {
		done[k] = at + draw()
	}
	return done
}

// Stretched serves all at once, and each takes so many times as long.
type Stretched struct{ Times float64 }

func (m Stretched) answer(sent []float64, draw func() float64, _ *rand.Rand) []float64 {
	done := make([]float64, len(sent))
	for k, at := range sent {
		done[k] = at + m.Times*draw()
	}
	return done
}

// Delayed serves all at once, and each takes so much longer.
type Delayed struct{ By float64 }

func (m Delayed) answer(sent []float64, draw func() float64, _ *rand.Rand) []float64 {
	done := make([]float64, len(sent))
	for k, at := range sent {
		done[k] = at + draw() + m.By
	}
	return done
}

// Together serves one after the other, and answers all when it has done all.
type Together struct{}

func (Together) answer(sent []float64, draw func() float64, _ *rand.Rand) []float64 {
	done := make([]float64, len(sent))
	at := 0.0
	for range sent {
		at += draw()
	}
	for k := range done {
		done[k] = at
	}
	return done
}

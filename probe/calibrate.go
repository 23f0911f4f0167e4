package probe

import "math"

// credible is the most of the probability that a verdict of some confidence is
// given: about the share that was right. Of 91 real servers (seed 20261125,
// docs/accuracy.md) it was 66 of 67 of high confidence, 12 of 14 of medium, and 6
// of 9 of low; of so few it is known to a few hundredths at best, and to a tenth
// and more of the last.
var credible = map[string]float64{"high": 0.99, "medium": 0.88, "low": 0.72}

// calibrate makes the weights as sure as the verdict is; of one that is void, as
// sure as one that abstains.
func (v *Verdict) calibrate(a *assessment) {
	most, named := credible[v.Confidence]
	if v.Void {
		most, named = shareLow, true
	}
	if named {
		a.temper(most)
	}
}

// leastPower is how much of what was seen counts at least: at less, what was ruled
// out is back. It is a choice, not a measurement: at a fifth, a rival that is e^-20
// as likely has e^-4, two in a hundred.
const leastPower = 0.2

// temper flattens the weights until the likeliest kind has no more than a share.
// Where something speaks against a verdict itself, or one was hardly seen to be
// right, what the hypotheses predict is not to be relied on as if one of them
// were true: their likelihoods count for less (P. Grünwald, The safe Bayesian,
// Algorithmic Learning Theory 2012). Where no rival is left to have the rest, it
// is of what is none of them.
func (a *assessment) temper(most float64) {
	best := a.merged()[0].kind
	share := func(power float64) float64 {
		sum := 0.0
		for i := range a.ranked {
			x := &a.ranked[i]
			x.weight = math.Exp(power * (x.score - a.ranked[0].score))
			sum += x.weight
		}
		for i := range a.ranked {
			a.ranked[i].weight /= sum
		}
		return a.weight(best)
	}
	if share(1) <= most {
		return
	}
	low, high := leastPower, 1.0
	for range 30 {
		if middle := (low + high) / 2; share(middle) > most {
			high = middle
		} else {
			low = middle
		}
	}
	over := share(high) / most
	if over <= 1.0001 {
		return
	}
	for i := range a.ranked {
		x := &a.ranked[i]
		if x.weight /= over; x.kind == Unknown {
			x.weight += 1 - 1/over
		}
	}
}

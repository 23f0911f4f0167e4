// Package search finds a load line: the highest arrival rate that still
// passes. It is a pure function of the trials made so far, so that the trials
// of several engines can take turns, a doubtful one can be repeated, and the
// whole search is tested without a server or a clock.
//
//	for d := search.Next(goal, nil); !d.Done; d = search.Next(goal, history) {
//		history = append(history, search.Trial{Rate: d.Rate, Outcome: try(d.Rate)})
//	}
package search

import "math"

// An Outcome is what a trial at one rate showed.
type Outcome uint8

// The outcomes of a trial. Void is one-sided: what limits the measuring only
// raises latency, so it can void a fail, never a pass.
const (
	Pass Outcome = iota + 1
	Fail
	Void
)

// A Trial is one rate that was tried.
type Trial struct {
	Rate     float64
	Outcome  Outcome
	Doubtful bool // close enough to the criterion that a repetition may differ
}

// A Goal says what is searched.
type Goal struct {
	// Guess is where the line is expected, requests per second, above 0. It
	// may be refined from one call to the next.
	Guess     float64
	Precision float64 // done when fail/pass is about this or less, for example 1.05
	Max       float64 // the highest rate worth trying; 0 for none
	Trials    int     // trials at most, and a few more where some were void or the line has but one end
	Once      bool    // believe every trial, also a doubtful one
}

// A Decision is the next rate to try or, when Done, the line.
type Decision struct {
	Done bool
	Rate float64 // to try next, if not done
	// Low is the highest rate that passed, 0 if none did; High the lowest that
	// failed above it, 0 if none did: then the line is "at least Low".
	Low, High float64
	// Voided reports that trials above Low were void, and hide the line.
	Voided bool
}

// spareTrials is how many void trials do not count.
const spareTrials = 4

// otherEnd is how many trials more a line is worth that has only one end yet.
const otherEnd = 2

func (g Goal) exhausted(history []Trial, bracketed bool) bool {
	most := g.Trials
	if !bracketed {
		most += otherEnd
	}
	return spent(history) >= most || len(history) >= g.Trials+spareTrials
}

// spent is the number of trials that showed something.
func spent(history []Trial) int {
	n := 0
	for _, t := range history {
		if t.Outcome != Void {
			n++
		}
	}
	return n
}

// lowest is the share of the guess below which a search gives up.
const lowest = 1.0 / 64

// beside returns the rates a little below and a little above a guess: if it is
// good, trials at these two bracket the line to the precision asked.
func (g Goal) beside() (under, over float64) {
	return round(g.Guess * (1 - 0.5*(g.Precision-1))), round(g.Guess * (1 + 0.4*(g.Precision-1)))
}

// closing returns a rate near over, above what passed at low, that closes the
// bracket if it fails: a guess that has moved a little since would leave it just
// too wide.
func (g Goal) closing(low, over float64) float64 {
	if over/low <= 1+2*(g.Precision-1) {
		return min(over, low*g.Precision)
	}
	return over
}

// enough is when a bracket is narrow enough: another trial for the sake of a few
// thousandths is not worth its time.
func (g Goal) enough() float64 { return 1 + 1.1*(g.Precision-1) }

// A level is the sum of the trials made at one rate.
type level struct {
	rate                 float64
	passes, fails, voids int
	doubtful             bool
	tries                int
}

func (l level) outcome() Outcome {
	switch {
	case l.passes > l.fails:
		return Pass
	case l.fails > 0 && l.fails >= l.passes:
		return Fail
	default:
		return Void
	}
}

// settled reports whether trying this rate again is pointless.
func (l level) settled() bool {
	switch {
	case l.passes+l.fails == 0:
		return l.voids >= 2
	case l.passes == l.fails:
		return false // a tie asks for one more
	case l.doubtful && l.passes+l.fails == 1:
		return false
	}
	return true
}

// Next decides from the trials made so far, oldest first.
func Next(g Goal, history []Trial) Decision {
	levels := group(history)
	low, high, voided := bracket(levels)
	d := Decision{Low: low, High: high, Voided: voided}
	if g.exhausted(history, low > 0 && high > 0) {
		d.Done = true
		return d
	}
	under, over := g.beside()
	if len(history) == 0 {
		d.Rate = capped(g, under)
		return d
	}
	// A contradiction: something failed below a rate that passed. Repeat it.
	for _, l := range levels {
		if l.rate < low && l.outcome() == Fail && l.tries < 3 {
			d.Rate = l.rate
			return d
		}
	}
	if voided && high == 0 {
		return afterVoid(g, d, levels)
	}
	switch {
	case low > 0 && high > 0:
		if high/low <= g.enough() {
			d.Rate, d.Done = unsettled(levels, low, high)
			d.Done = d.Done || g.Once
			return d
		}
		d.Rate = g.inside(low, high)
		if givenUp(levels, d.Rate) {
			d.Done = true // the bracket stays as wide as it is
		}
	case low > 0:
		if g.Max > 0 && low >= g.Max*0.999 {
			d.Done = true
			return d
		}
		d.Rate = low * stride(levels, Pass)
		if under > low*g.Precision {
			d.Rate = under
		} else if over > low*apart {
			d.Rate = g.closing(low, over)
		}
		d.Rate = capped(g, d.Rate)
	default:
		d.Rate = round(min(lowestTried(levels)/stride(levels, Fail), under))
		if d.Rate < g.Guess*lowest {
			d.Done = true
		}
	}
	return d
}

// afterVoid repeats a void trial once, then looks for the highest rate that
// can be measured at all.
func afterVoid(g Goal, d Decision, levels []level) Decision {
	var void level // the lowest above what passed
	for _, l := range levels {
		if l.outcome() == Void && l.rate > d.Low {
			void = l
			break
		}
	}
	near := d.Low > 0 && void.rate/d.Low <= g.Precision*g.Precision
	switch {
	case !void.settled(), near && void.tries < 3: // what disturbed it may be over
		d.Rate = void.rate
	case near:
		d.Done = true
	case d.Low > 0:
		d.Rate = between(d.Low, void.rate)
	case void.rate*belowVoid < g.Guess*lowest:
		d.Done = true
	default:
		d.Rate = round(void.rate * belowVoid)
	}
	return d
}

// belowVoid is how far down the search goes where nothing could be measured.
const belowVoid = 0.75

// group sums trials of the same rate, in ascending order of rate.
func group(history []Trial) []level {
	var levels []level
	for _, t := range history {
		i := 0
		for i < len(levels) && levels[i].rate < t.Rate {
			i++
		}
		if i == len(levels) || levels[i].rate != t.Rate {
			levels = append(levels[:i], append([]level{{rate: t.Rate}}, levels[i:]...)...)
		}
		l := &levels[i]
		l.tries++
		l.doubtful = l.doubtful || t.Doubtful
		switch t.Outcome {
		case Pass:
			l.passes++
		case Fail:
			l.fails++
		default:
			l.voids++
		}
	}
	return levels
}

// bracket returns the highest rate that passed and the lowest that failed
// above it, and whether something above the pass was void.
func bracket(levels []level) (low, high float64, voided bool) {
	for _, l := range levels {
		if l.outcome() == Pass {
			low = l.rate
		}
	}
	for _, l := range levels {
		if l.rate > low {
			switch l.outcome() {
			case Fail:
				if high == 0 {
					high = l.rate
				}
			case Void:
				voided = voided || high == 0
			}
		}
	}
	return low, high, voided
}

// stride is the factor of the next step in one direction: small at first, because
// the guess is usually good, and then each twice as long as the one before. Steps
// that a guess moved by a little do not make it longer.
func stride(levels []level, o Outcome) float64 {
	var rates []float64 // ascending
	for _, l := range levels {
		if l.outcome() == o {
			rates = append(rates, l.rate)
		}
	}
	last := 1.0
	if n := len(rates); n > 1 && o == Pass {
		last = rates[n-1] / rates[n-2]
	} else if n > 1 {
		last = rates[1] / rates[0]
	}
	return min(max(1.05, last*last), 1.6)
}

// lowestTried is the lowest rate that needs no other trial; levels ascend.
func lowestTried(levels []level) float64 {
	for _, l := range levels {
		if l.outcome() == Fail || l.settled() {
			return l.rate
		}
	}
	return levels[0].rate
}

// unsettled returns the edge of a bracket that should be tried again, or that
// there is none.
func unsettled(levels []level, low, high float64) (rate float64, done bool) {
	for _, l := range levels {
		if (l.rate == low || l.rate == high) && !l.settled() {
			return l.rate, false
		}
	}
	return 0, true
}

// givenUp reports whether a rate could not be measured twice.
func givenUp(levels []level, rate float64) bool {
	for _, l := range levels {
		if l.rate == rate {
			return l.outcome() == Void && l.settled()
		}
	}
	return false
}

// inside chooses a rate within a bracket: beside the guess while the bracket is
// wide and the guess lies in it, else halfway.
func (g Goal) inside(low, high float64) float64 {
	if high/low > g.Precision*g.Precision {
		under, over := g.beside()
		for _, r := range [...]float64{under, over} {
			if r > low*apart && r < high/apart {
				return r
			}
		}
	}
	return between(low, high)
}

// apart is how far two rates have to be from each other to be worth two trials.
const apart = 1.02

// between is the geometric mean, to three figures so that rates read well.
func between(a, b float64) float64 { return round(math.Sqrt(a * b)) }

func capped(g Goal, r float64) float64 {
	if g.Max > 0 && r > g.Max {
		return g.Max
	}
	return round(r)
}

// round keeps four significant figures.
func round(r float64) float64 {
	if r <= 0 {
		return 0
	}
	scale := math.Pow(10, 3-math.Floor(math.Log10(r)))
	return math.Round(r*scale) / scale
}

package lab

import (
	"math"
	"time"

	"github.com/plimsoll-dev/plimsoll/load"
)

// stopRule says when a run has shown all that it can show. The zero rule never
// stops one.
type stopRule struct {
	// From is when the window begins; what was lost before does not count.
	From time.Duration `json:"from"`
	// Lost and Failed are numbers of requests, late or failed, and failed, with
	// which the SLO is lost for certain. 0: no such rule.
	Lost   uint64 `json:"lost"`
	Failed uint64 `json:"failed"`
	// Recovered: from After on, stop once requests arriving at Rate are answered
	// in time again for a second on end. Rate 0: no such rule.
	After time.Duration `json:"after"`
	Rate  float64       `json:"rate"`
}

// least is how long a window lasts even if its SLO is lost at once: shorter
// ones have no gauges to tell the wall from.
const least = 1200 * time.Millisecond

// stopper applies a rule to a run's ticks, and keeps them.
type stopper struct {
	rule         stopRule
	ticks        []loadTick
	lost, failed uint64 // at the beginning of the window
	begun        bool
	inFlight     []int // at the ticks of the window
}

func (s *stopper) tick(t load.Tick) bool {
	s.ticks = append(s.ticks, loadTick{int64(t.At), t.Within})
	if t.At < s.rule.From {
		return false
	}
	if !s.begun {
		s.begun, s.lost, s.failed = true, t.Lost(), t.Counts.Failed()
	}
	s.inFlight = append(s.inFlight, t.InFlight)
	if t.At >= s.rule.From+least {
		if s.rule.Lost > 0 && t.Lost()-s.lost > s.rule.Lost {
			return true
		}
		if s.rule.Failed > 0 && t.Counts.Failed()-s.failed > s.rule.Failed {
			return true
		}
	}
	return s.rule.Rate > 0 && t.At > s.rule.After && s.recovered(t.At)
}

// calm reports whether the number in flight is at the end of the window what it
// was at its beginning, but for chance.
func (s *stopper) calm() bool {
	n := len(s.inFlight) / 2
	if n == 0 {
		return false
	}
	mean := func(x []int) (m float64) {
		for _, v := range x {
			m += float64(v) / float64(len(x))
		}
		return m
	}
	first, second := mean(s.inFlight[:n]), mean(s.inFlight[len(s.inFlight)-n:])
	return second <= 1.2*first+2*math.Sqrt(first)+10
}

// recovered reports whether the last second was good.
func (s *stopper) recovered(now time.Duration) bool {
	i := len(s.ticks) - 1
	for i > 0 && s.ticks[i].At > int64(now-1200*time.Millisecond) {
		i--
	}
	first, last := s.ticks[i], s.ticks[len(s.ticks)-1]
	span := time.Duration(last.At - first.At).Seconds()
	return first.At >= int64(s.rule.After) && span >= 1 && float64(last.Within-first.Within) >= goodShare*s.rule.Rate*span
}

// goodShare is the share of a second's arrivals that have to be answered in time
// to call the second good: a Poisson process at 100/s varies by 10 %.
const goodShare = 0.85

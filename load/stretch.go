package load

import (
	"fmt"
	"math"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
)

// stretch maps the axis on which the arrival rate is 1 to time: it inverts the
// cumulated rate Λ(t), the expected number of arrivals up to t.
type stretch struct {
	stages []ramp
	total  float64 // Λ at the end
	now    int     // stage of the last answer; questions only move forward
}

// ramp is one stage: rate + slope·x arrivals per second, x seconds into it.
type ramp struct {
	start       time.Duration
	rate, slope float64
	from, until float64 // Λ at its ends
}

func newStretch(stages []model.Stage) (stretch, error) {
	if len(stages) == 0 {
		return stretch{}, fmt.Errorf("load: no stages; give a rate and a time")
	}
	var s stretch
	var start time.Duration
	for i, st := range stages {
		if st.For <= 0 {
			return stretch{}, fmt.Errorf("load: stage %d lasts %v; write a time above zero", i+1, st.For)
		}
		for _, r := range []float64{st.Rate, st.To} {
			if r < 0 || math.IsNaN(r) || math.IsInf(r, 0) {
				return stretch{}, fmt.Errorf("load: stage %d has rate %v; write requests per second, 0 or more", i+1, r)
			}
		}
		r := ramp{start: start, rate: st.Rate, from: s.total}
		mean := st.Rate
		if st.To != 0 {
			r.slope = (st.To - st.Rate) / st.For.Seconds()
			mean = (st.Rate + st.To) / 2
		}
		s.total += mean * st.For.Seconds()
		r.until = s.total
		s.stages = append(s.stages, r)
		start += st.For
	}
	return s, nil
}

// at returns when the expected number of arrivals reaches n, for n in
// [0, total), n not below that of the call before.
func (s *stretch) at(n float64) time.Duration {
	for n >= s.stages[s.now].until && s.now < len(s.stages)-1 {
		s.now++
	}
	r := &s.stages[s.now]
	n -= r.from
	if n <= 0 {
		return r.start
	}
	// The root of rate·x + slope·x²/2 = n in the form that does not cancel where
	// the slope is small, nor divide by a rate of 0. Falling to 0, the root's
	// argument may be rounded below it.
	x := 2 * n / (r.rate + math.Sqrt(max(0, r.rate*r.rate+2*r.slope*n)))
	return r.start + time.Duration(x*float64(time.Second))
}

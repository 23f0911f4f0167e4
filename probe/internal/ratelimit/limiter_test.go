package ratelimit

import (
	"strings"
	"testing"
)

// By hand: two requests, of each ten seconds, or with one more a second.
func TestLimitersAdmit(t *testing.T) {
	for _, c := range []struct {
		name  string
		limit Limiter
		at    []float64
		want  string // 1: it is let in
	}{
		{"a bucket is full at first, and again", Limiter{Rate: 1, Burst: 2}, []float64{0, 0, 0, 1, 1, 60, 60, 60}, "11010110"},
		{"tokens come little by little", Limiter{Rate: 1, Burst: 2}, []float64{0, 0, 0.5, 1, 1.5, 2}, "110101"},
		{"from the first on", Limiter{Window: &Window{N: 2, Length: 10, Begins: ByRequest}}, []float64{3, 4, 5, 12.5, 13, 14, 15}, "1100110"},
		{"by the clock", Limiter{Window: &Window{N: 2, Length: 10, Begins: ByClock, phase: 5}}, []float64{3, 4, 4.5, 5, 6, 7}, "110110"},
		{"in no stretch", Limiter{Window: &Window{N: 2, Length: 10, Begins: Sliding}}, []float64{0, 6, 7, 10, 11, 16}, "110101"},
		{"who asks again stays out", Limiter{Window: &Window{N: 2, Length: 10, Begins: Sliding, Refused: true}}, []float64{0, 6, 7, 10, 17}, "11001"},
		{"the window before counts by its share", Limiter{Window: &Window{N: 2, Length: 10, Begins: ByRequest, Weighted: true}}, []float64{0, 0, 0, 10, 15, 15, 20, 60}, "11001011"},
		{"and so does who was turned away", Limiter{Window: &Window{N: 2, Length: 10, Begins: ByRequest, Weighted: true, Refused: true}}, []float64{0, 0, 0, 0, 10, 15, 17}, "1100000"},
	} {
		var got strings.Builder
		admits := c.limit.admits()
		for _, at := range c.at {
			if admits(at) {
				got.WriteByte('1')
			} else {
				got.WriteByte('0')
			}
		}
		if got.String() != c.want {
			t.Errorf("%s: of requests at %v it lets in %s; it should be %s", c.name, c.at, &got, c.want)
		}
	}
}

func TestAgreementIsByNumberInEachPart(t *testing.T) {
	bits := func(s string) (all []bool) {
		for _, c := range s {
			all = append(all, c == '1')
		}
		return all
	}
	of := func(taken, expect string, parts int) float64 { return Agreement(bits(taken), bits(expect), parts) }
	for _, c := range []struct {
		better, worse float64
		why           string
	}{
		{of("11110000", "11110000", 1), of("11110000", "11111000", 1), "one fewer than expected"},
		{of("11110000", "11111000", 1), of("11110000", "11111111", 1), "as many as half of them"},
		{of("11000000", "10000000", 1), of("00000000", "10000000", 1), "none, where there is room for one"},
		{of("11110000", "11110000", 2), of("11110000", "00001111", 2), "those of the other half"},
	} {
		if c.better <= c.worse {
			t.Errorf("%s: %g, and %g without", c.why, c.worse, c.better)
		}
	}
	if one, other := of("11110000", "00001111", 1), of("11110000", "11110000", 1); one != other {
		t.Errorf("who is turned away of those that come at once makes a difference: %g, and %g", one, other)
	}
}

package report

import "testing"

func TestAnIntervalOfSharesHasTheDigitsThatItKnows(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      string
	}{
		{0.1079, 0.134, "10.8 … 13.4 %"},
		{0.9413, 1.007, "94.1 … 100 %"}, // nothing is stalled for longer than always
		{0.9982, 1, "99.82 … 100 %"},
		{0, 0.001833, "0 … 0.18 %"},
		{0.2, 0.8, "20 … 80 %"},
		{1.001, 1.002, "100 %"},
		{0.5, 0.5000000001, "50 %"},
	} {
		if got := Shares(c.low, c.high); got != c.want {
			t.Errorf("%v to %v: %q, not %q", c.low, c.high, got, c.want)
		}
	}
}

package analysis

import (
	"fmt"
	"math"
	"strconv"
)

// Rate prints requests per second to the three figures that a search resolves.
func Rate(r float64) string { return Grouped(sig(r, 3)) }

// between prints the middle of a load line's interval to as many figures as it has.
func between(low, high float64) string {
	figures := 3
	switch width := high / low; {
	case width > 2:
		figures = 1
	case width > 1.1:
		figures = 2
	}
	return Grouped(sig(mid(low, high), figures))
}

// waiting prints how many of something wait: "1 request waiting".
func waiting(n float64, what string) string {
	if n = math.Round(n); n != 1 {
		what += "s"
	}
	return Grouped(n) + " " + what + " waiting"
}

// allOf names all n of a limit.
func allOf(n float64, what string) string {
	if math.Round(n) == 1 {
		return "the only one of " + what
	}
	return fmt.Sprintf("all %.0f of %s", n, what)
}

// areAll is the verb that follows.
func areAll(n float64) string {
	if math.Round(n) == 1 {
		return "is"
	}
	return "are"
}

// sig rounds to n significant figures.
func sig(x float64, n int) float64 {
	if x == 0 || math.IsNaN(x) || math.IsInf(x, 0) {
		return x
	}
	scale := math.Pow(10, float64(n-1)-math.Floor(math.Log10(math.Abs(x))))
	return math.Round(x*scale) / scale
}

// Grouped prints a number with thousands separated, and decimals only below 100;
// what is next to nothing as 1e-09.
func Grouped(x float64) string {
	if x != 0 && math.Abs(x) < 1e-4 {
		return strconv.FormatFloat(x, 'g', 3, 64)
	}
	if math.Abs(x) < 100 {
		return strconv.FormatFloat(sig(x, 3), 'f', -1, 64)
	}
	s := fmt.Sprintf("%.0f", math.Abs(x))
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	if x < 0 {
		s = "-" + s
	}
	return s
}

// mid is the middle of an interval, on the scale of ratios.
func mid(low, high float64) float64 {
	switch {
	case low <= 0:
		return 0
	case high <= 0:
		return low
	}
	return math.Sqrt(low * high)
}

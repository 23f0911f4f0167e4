package report

import (
	"fmt"
	"math"
	"strconv"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
)

// figure rounds to n significant figures.
func figure(x float64, n int) float64 {
	if x == 0 {
		return 0
	}
	scale := math.Pow(10, float64(n-1)-math.Floor(math.Log10(math.Abs(x))))
	return math.Round(x*scale) / scale
}

// Figures prints a number to n significant figures.
func Figures(x float64, n int) string {
	if x >= 100 {
		return analysis.Grouped(figure(x, max(n, 2)))
	}
	return strconv.FormatFloat(figure(x, n), 'f', -1, 64)
}

// Millis prints a time given in milliseconds to two or three figures. Which unit
// it takes depends on the rounded value: 999.7 µs is 1 ms.
func Millis(ms float64) string {
	switch us := figure(ms*1000, 2); {
	case ms == 0:
		return "0"
	case math.Round(ms) >= 10_000:
		return fmt.Sprintf("%.0f s", ms/1000)
	case math.Round(ms) >= 1000:
		return strconv.FormatFloat(figure(ms/1000, 3), 'f', -1, 64) + " s"
	case figure(ms, 2) >= 100:
		return fmt.Sprintf("%.0f ms", ms)
	case us >= 1000:
		return strconv.FormatFloat(figure(ms, 2), 'f', -1, 64) + " ms"
	default:
		return strconv.FormatFloat(us, 'f', -1, 64) + " µs"
	}
}

// Size prints a number of bytes to two or three figures.
func Size(n int64) string {
	switch {
	case n == 0:
		return "0"
	case n >= 1<<30:
		return strconv.FormatFloat(figure(float64(n)/(1<<30), 3), 'f', -1, 64) + " GiB"
	case n >= 1<<20:
		return fmt.Sprintf("%.0f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.0f KiB", float64(n)/(1<<10))
}

// Share prints a ratio in per cent, with as many digits as it needs.
func Share(x float64) string { return strconv.FormatFloat(figure(100*x, 4), 'f', -1, 64) + " %" }

// Shares prints an interval of ratios in per cent, to two figures of its width.
// Batch means of what cannot be more than all may have an interval that is.
func Shares(low, high float64) string {
	low, high = 100*min(low, 1), 100*min(high, 1)
	if low == high {
		return Share(low / 100)
	}
	decimals := min(max(1-int(math.Floor(math.Log10(high-low))), 0), 4)
	scale := math.Pow10(decimals)
	number := func(x float64) string { return strconv.FormatFloat(math.Round(x*scale)/scale, 'f', -1, 64) }
	if number(low) == number(high) {
		return number(low) + " %"
	}
	return number(low) + " … " + number(high) + " %"
}

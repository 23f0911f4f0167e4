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

// Millis prints a time given in milliseconds to two or three figures.
func Millis(ms float64) string {
	switch {
	case ms == 0:
		return "0"
	case ms >= 10_000:
		return fmt.Sprintf("%.0f s", ms/1000)
	case ms >= 1000:
		return strconv.FormatFloat(figure(ms/1000, 3), 'f', -1, 64) + " s"
	case ms >= 100:
		return fmt.Sprintf("%.0f ms", ms)
	case ms >= 1:
		return strconv.FormatFloat(figure(ms, 2), 'f', -1, 64) + " ms"
	}
	return strconv.FormatFloat(figure(ms*1000, 2), 'f', -1, 64) + " µs"
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

package probe

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// millis prints a time to two or three figures, with its unit.
func millis(seconds float64) string {
	us := figures(seconds*1e6, 2)
	switch ms := math.Round(seconds * 1e3); {
	case ms >= 10_000:
		return fmt.Sprintf("%.0f s", seconds)
	case ms >= 1000:
		return strconv.FormatFloat(figures(seconds, 3), 'f', -1, 64) + " s"
	case us >= 100_000:
		return fmt.Sprintf("%.0f ms", seconds*1e3)
	case us >= 1000:
		return strconv.FormatFloat(us/1e3, 'f', -1, 64) + " ms"
	}
	return strconv.FormatFloat(us, 'f', -1, 64) + " µs"
}

// figures rounds to n significant figures.
func figures(x float64, n int) float64 {
	if x <= 0 {
		return 0
	}
	scale := math.Pow(10, float64(n-1)-math.Floor(math.Log10(x)))
	return math.Round(x*scale) / scale
}

// several is a number of things: 1 canary, 2 canaries.
func several(n int, thing string) string {
	if n != 1 {
		if s, ok := strings.CutSuffix(thing, "y"); ok {
			thing = s + "ie"
		}
		thing += "s"
	}
	return strconv.Itoa(n) + " " + thing
}

// were is the verb for so many.
func were(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

package load

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// perSecondText prints a rate to three figures, or to the whole number above.
func perSecondText(r float64) string {
	switch {
	case r >= 100:
		return grouped(uint64(r+0.5)) + "/s"
	case r == 0:
		return "0/s"
	}
	return strconv.FormatFloat(r, 'g', 3, 64) + "/s"
}

// grouped prints a number with a comma between thousands.
func grouped(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// duration prints a time to two figures, or three from 100 ms.
func duration(d time.Duration) string {
	switch ms := float64(d) / float64(time.Millisecond); {
	case d >= 100*time.Second:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d >= 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d >= 999500*time.Microsecond:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case ms >= 9.95:
		return fmt.Sprintf("%.0f ms", ms)
	case ms >= 0.9995:
		return fmt.Sprintf("%.1f ms", ms)
	}
	return fmt.Sprintf("%d µs", d.Round(time.Microsecond).Microseconds())
}

// percent never rounds up to 100 %: what is missing is what matters.
func percent(n, of uint64) string {
	if of == 0 {
		return "–"
	}
	p := 100 * float64(n) / float64(of)
	if n < of && p > 99.99 {
		return "99.99 %"
	}
	return strings.TrimRight(strings.TrimRight(fmt.Sprintf("%.2f", p), "0"), ".") + " %"
}

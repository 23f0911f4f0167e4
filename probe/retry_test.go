package probe

import (
	"math"
	"net/http"
	"testing"
	"time"
)

func TestAfterHowLongToTryAgain(t *testing.T) {
	now := time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
	const most = math.MaxInt64 / int64(time.Second) * int64(time.Second)
	for _, c := range []struct {
		said, date string
		want       time.Duration
	}{
		{"", "", 0},
		{"3", "", 3 * time.Second},
		{" 3 ", "", 3 * time.Second},
		{"-3", "", 0},
		{"soon", "", 0},
		{"1.5", "", 0},
		{"9223372036854775807", "", time.Duration(most)},
		{"99999999999999999999999999", "", time.Duration(most)},
		{"Mon, 23 Nov 2026 03:00:10 GMT", "", 10 * time.Second},
		{"Mon, 23 Nov 2026 02:59:00 GMT", "", 0},
		{"Mon, 23 Nov 2026 05:00:10 GMT", "Mon, 23 Nov 2026 05:00:00 GMT", 10 * time.Second}, // its clock is two hours ahead
		{"Fri, 31 Dec 9999 23:59:59 GMT", "", math.MaxInt64},
	} {
		header := http.Header{}
		header.Set("Retry-After", c.said)
		if c.date != "" {
			header.Set("Date", c.date)
		}
		if got := retryAfter(header, now); got != c.want {
			t.Errorf("%q, asked at %q: %v, want %v", c.said, c.date, got, c.want)
		}
	}
}

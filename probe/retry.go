package probe

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// retryAfter is after how long a refusal asks to try again, in seconds or until a
// date (RFC 9110, 10.2.3); 0: it does not, or not in a way that can be read. A date
// is compared with the service's own clock, where the answer has that. What is
// longer than a [time.Duration] is as long as that.
func retryAfter(header http.Header, now time.Time) time.Duration {
	said := strings.TrimSpace(header.Get("Retry-After"))
	seconds, err := strconv.ParseUint(said, 10, 64)
	if err == nil || errors.Is(err, strconv.ErrRange) {
		const most = math.MaxInt64 / uint64(time.Second)
		return time.Duration(min(seconds, most)) * time.Second
	}
	at, err := http.ParseTime(said)
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		now = date
	}
	return max(0, at.Sub(now)) // saturates
}

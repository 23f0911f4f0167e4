package exchange

import (
	"net/http"
	"sync/atomic"
	"time"
)

// date is the Date field of the current second. Two goroutines that meet at a
// new second both make it; either may win.
var date atomic.Pointer[dateText]

type dateText struct {
	until time.Duration // on clock: when the second is over
	text  []byte        // "Date: …\r\n"
}

// clock has begun when the process did. To read how long ago that is costs half
// of what it costs to ask for the time of day.
var clock = time.Now()

func appendDate(dst []byte) []byte {
	d := date.Load()
	if now := time.Since(clock); d == nil || now >= d.until {
		d = newDate(now, time.Now())
		date.Store(d)
	}
	return append(dst, d.text...)
}

// newDate makes the text of a time, which clock shows as now.
func newDate(now time.Duration, t time.Time) *dateText {
	d := &dateText{until: now + time.Second - time.Duration(t.Nanosecond())}
	d.text = append(d.text, "Date: "...)
	d.text = t.UTC().AppendFormat(d.text, http.TimeFormat)
	d.text = append(d.text, "\r\n"...)
	return d
}

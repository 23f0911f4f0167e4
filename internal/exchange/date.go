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
	second int64
	text   []byte // "Date: …\r\n"
}

func appendDate(dst []byte, now time.Time) []byte {
	d := date.Load()
	if d == nil || d.second != now.Unix() {
		d = &dateText{second: now.Unix()}
		d.text = append(d.text, "Date: "...)
		d.text = now.UTC().AppendFormat(d.text, http.TimeFormat)
		d.text = append(d.text, "\r\n"...)
		date.Store(d)
	}
	return append(dst, d.text...)
}

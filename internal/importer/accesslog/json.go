package accesslog

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// durations are the usual names of service times, with the unit of a number that stands there.
// A name without a unit has that of the server that uses it.
var durations = []struct {
	name string
	unit time.Duration // 0: seconds if it has a fraction (Caddy), milliseconds if not (Envoy)
}{
	{"request_time", time.Second}, // nginx
	{"duration_ns", time.Nanosecond}, {"duration_us", time.Microsecond}, {"duration_ms", time.Millisecond}, {"duration_s", time.Second},
	{"latency_ns", time.Nanosecond}, {"latency_us", time.Microsecond}, {"latency_ms", time.Millisecond}, {"latency_s", time.Second},
	{"response_time_ms", time.Millisecond}, {"elapsed_ms", time.Millisecond}, {"took_ms", time.Millisecond}, {"request_time_ms", time.Millisecond},
	{"Duration", time.Nanosecond}, // Traefik
	{"duration", 0}, {"latency", 0}, {"response_time", 0}, {"elapsed", 0},
}

var (
	timeNames   = []string{"time", "timestamp", "@timestamp", "ts", "time_local", "time_iso8601", "msec", "start_time", "StartUTC", "datetime"}
	methodNames = []string{"method", "request_method", "http_method", "RequestMethod", "verb"}
	pathNames   = []string{"path", "uri", "request_uri", "url", "RequestPath", "url_path", "target"}
	statusNames = []string{"status", "status_code", "response_code", "DownstreamStatus", "code"}
)

// parseJSON reads an object. Caddy's and others have what belongs to the request
// in an object of that name; others have the request line there.
func parseJSON(line string) (Entry, error) {
	var o map[string]any
	d := json.NewDecoder(strings.NewReader(line))
	d.UseNumber()
	if err := d.Decode(&o); err != nil {
		return Entry{}, fmt.Errorf("%w: %w", errForm, err)
	}
	e := Entry{Took: -1}
	ok := false
	switch r := o["request"].(type) {
	case map[string]any:
		for k, v := range r {
			if _, has := o[k]; !has {
				o[k] = v
			}
		}
	case string:
		e.Method, e.Path, ok = requestLine(r)
	}
	if !ok {
		e.Method = strings.ToUpper(first(o, methodNames))
		if e.Path, ok = pathOf(first(o, pathNames)); !ok || e.Method == "" {
			return Entry{}, errForm
		}
	}
	e.At = timeOf(first(o, timeNames))
	e.Status, _ = strconv.Atoi(first(o, statusNames))
	for _, f := range durations {
		if v := text(o[f.name]); v != "" {
			e.Took = duration(v, f.unit)
			break
		}
	}
	return e, nil
}

func first(o map[string]any, names []string) string {
	for _, n := range names {
		if s := text(o[n]); s != "" {
			return s
		}
	}
	return ""
}

func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// duration reads a number of units, or a time with its unit as Go writes it.
func duration(s string, unit time.Duration) time.Duration {
	if unit == 0 {
		if d, err := time.ParseDuration(s); err == nil && d >= 0 && d <= longest {
			return d
		}
		unit = time.Millisecond
		if strings.ContainsAny(s, ".eE") {
			unit = time.Second
		}
	}
	return scaled(s, unit)
}

// timeOf reads a time: RFC 3339, the common log's, or seconds or milliseconds since 1970.
func timeOf(s string) time.Time {
	for _, layout := range []string{time.RFC3339Nano, "02/Jan/2006:15:04:05 -0700", "2006-01-02T15:04:05.999999999-0700", "2006-01-02 15:04:05.999999999"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t
		}
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v > 0 && v < 1e14) {
		return time.Time{}
	}
	if v > 1e11 { // in seconds the year 5138, in milliseconds 1973
		v /= 1000
	}
	whole := int64(v)
	return time.Unix(whole, int64((v-float64(whole))*1e9))
}

// Package accesslog reads the lines of HTTP servers' access logs: the common and the
// combined log format (Apache, nginx), also with the service time at the end of the
// line, and JSON objects with the field names that are usual.
//
// Sources: Apache's mod_log_config; nginx's ngx_http_log_module; the access logs
// of Caddy 2, Traefik 3 and Envoy.
package accesslog

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// An Entry is one request.
type Entry struct {
	At     time.Time // zero if the line does not say
	Method string
	Path   string        // without its query
	Status int           // 0 if the line does not say
	Took   time.Duration // -1 if the line does not say
	Whole  bool          // Took was a whole number without a name, which is taken to be microseconds
}

// longest is the longest service time that is believed.
const longest = 24 * time.Hour

var errForm = errors.New("neither the common nor the combined log format, nor JSON with a method and a path")

// Parse reads one line, without its end.
func Parse(line string) (Entry, error) {
	if line = strings.TrimSpace(line); strings.HasPrefix(line, "{") {
		return parseJSON(line)
	}
	m := lineForm.FindStringSubmatch(line)
	if m == nil {
		return Entry{}, errForm
	}
	e := Entry{Took: -1}
	var ok bool
	if e.Method, e.Path, ok = requestLine(m[2]); !ok {
		return Entry{}, errForm
	}
	e.At, _ = time.Parse("02/Jan/2006:15:04:05 -0700", m[1])
	e.Status, _ = strconv.Atoi(m[3])
	e.Took, e.Whole = trailing(m[4])
	return e, nil
}

// lineForm is HOST IDENT USER [TIME] "REQUEST" STATUS BYTES REST; a virtual host may
// stand before it.
var lineForm = regexp.MustCompile(`^(?:\S+ )?\S+ \S+ .*?\[([^\]]+)\] "((?:[^"\\]|\\.)*)" (\d{3}|-) (?:\d+|-)(.*)$`)

// requestLine reads METHOD TARGET VERSION.
func requestLine(s string) (method, path string, ok bool) {
	method, rest, ok := strings.Cut(s, " ")
	if !ok || method == "" || method != strings.ToUpper(method) {
		return "", "", false
	}
	target, _, _ := strings.Cut(rest, " ")
	path, ok = pathOf(target)
	return method, path, ok
}

// pathOf takes scheme, host and query from a target.
func pathOf(target string) (string, bool) {
	if _, rest, absolute := strings.Cut(target, "://"); absolute && !strings.HasPrefix(target, "/") {
		i := strings.IndexByte(rest, '/')
		if i < 0 {
			return "/", true
		}
		target = rest[i:]
	}
	path, _, _ := strings.Cut(target, "?")
	path, _, _ = strings.Cut(path, "#")
	return path, strings.HasPrefix(path, "/") || path == "*"
}

var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// trailing reads a service time after the quoted fields: what is called rt,
// request_time or duration, or else what ends with its unit (Traefik), or else the
// largest number with a point, in seconds: beside nginx's $request_time may stand
// $upstream_response_time, which is a part of it. A whole number is in microseconds
// (Apache's %D) if it is alone; of several (%I and %O are bytes) none says what it is.
func trailing(rest string) (took time.Duration, whole bool) {
	fields := strings.Fields(quoted.ReplaceAllString(rest, " "))
	took = -1
	n, last := 0, ""
	for _, f := range fields {
		name, v, named := strings.Cut(f, "=")
		switch {
		case named && (name == "rt" || name == "request_time" || name == "duration"):
			return number(v), false
		case strings.HasSuffix(f, "s"):
			if d, err := time.ParseDuration(f); err == nil && d >= 0 && d <= longest {
				return d, false
			}
		case strings.Contains(f, "."):
			took = max(took, scaled(f, time.Second))
		case strings.Trim(f, "0123456789") == "":
			n, last = n+1, f
		}
	}
	if took >= 0 || n != 1 {
		return took, false
	}
	return scaled(last, time.Microsecond), true
}

func number(s string) time.Duration {
	if strings.Contains(s, ".") {
		return scaled(s, time.Second)
	}
	return scaled(s, time.Microsecond)
}

// scaled reads a number of units; what is none, negative or longer than a day is
// no service time.
func scaled(s string, unit time.Duration) time.Duration {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v >= 0 && v*float64(unit) <= float64(longest)) {
		return -1
	}
	return time.Duration(v * float64(unit))
}

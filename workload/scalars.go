package workload

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/plimsoll-dev/plimsoll/model"
)

const (
	MaxTime   = 24 * time.Hour // nobody waits longer, and sums of times must not overflow
	MaxRate   = 1e6            // requests per second
	maxWeight = 1e9
	maxName   = 64
)

// text returns a scalar's text and fails for anything else.
func (d *decoder) text(n ast.Node, what, hint string) string {
	s, ok := scalar(n)
	if !ok {
		d.fail(n, hint, "%s is %s", what, describe(n))
	}
	return s
}

var nameForm = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$`)

// name reads a name: it becomes part of reports, metrics and, for a route, of
// its path, so that it is plain.
func (d *decoder) name(n ast.Node, what string) string {
	s, ok := scalar(n)
	if _, null := n.(*ast.NullNode); null {
		s, ok = n.GetToken().Value, true // a thing may be called null
	}
	if !ok || !nameForm.MatchString(s) || len(s) > maxName {
		hint := "write letters and digits, with . _ or - between them, 64 at most"
		if joined := strings.Join(strings.Fields(s), "-"); nameForm.MatchString(joined) && joined != s {
			hint = "write " + joined
		}
		d.fail(n, hint, "%s is %s, which is not a name", what, describe(n))
	}
	return s
}

// duration reads a time above zero, or from zero where zero is allowed.
func (d *decoder) duration(n ast.Node, what string, zero bool) time.Duration {
	return d.durationOf(n, d.text(n, what, timeExample), what, zero)
}

const timeExample = "write a time with its unit, like 150us, 8ms, 1.5s or 2m"

// durationOf reads a time from a text that stands at a node.
func (d *decoder) durationOf(n ast.Node, s, what string, zero bool) time.Duration {
	if v, ok := plainNumber(s); ok && v != 0 {
		d.fail(n, fmt.Sprintf("write %sus, %[1]sms or %[1]ss", s), "%s is %s, a number without a unit", what, s)
	}
	t, err := time.ParseDuration(strings.ReplaceAll(s, "_", "?")) // no digit grouping inside times
	switch {
	case err != nil && unitHint(s, "") == "write "+s, t > MaxTime:
		d.fail(n, "write at most 24h", "%s is %s, longer than anything that can be measured", what, s)
	case err != nil:
		d.fail(n, unitHint(s, timeExample), "%s is %q, which is not a time", what, shorten(s))
	case t < 0:
		d.fail(n, "write a time above zero", "%s is %s, and time does not run backwards", what, s)
	case t == 0 && !zero:
		d.fail(n, "write a time above zero, or leave it out", "%s is zero", what)
	}
	return t
}

// unitHint names the unit that was probably meant: "400 ms", "2 sec", "1min".
func unitHint(s, otherwise string) string {
	number := strings.TrimRight(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
	v, ok := plainNumber(number)
	if !ok || v <= 0 {
		return otherwise
	}
	units := map[string]string{"ms": "ms", "msec": "ms", "msecs": "ms", "millis": "ms", "milliseconds": "ms", "millisecond": "ms",
		"s": "s", "sec": "s", "secs": "s", "second": "s", "seconds": "s",
		"us": "us", "usec": "us", "micros": "us", "microseconds": "us", "min": "m", "mins": "m", "minute": "m", "minutes": "m", "h": "h", "hour": "h", "hours": "h"}
	if u, ok := units[strings.ToLower(strings.TrimSpace(s[len(number):]))]; ok {
		return "write " + number + u
	}
	return otherwise + "; the units are us, ms, s, m and h"
}

var numberForm = regexp.MustCompile(`^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$`)

// plainNumber reads a decimal number without exponent, grouping or base.
func plainNumber(s string) (float64, bool) {
	if !numberForm.MatchString(s) {
		return 0, false
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil && !math.IsInf(v, 0)
}

// share reads a ratio, 0.99 or 99%, from 0 to 1.
func (d *decoder) share(n ast.Node, what string) float64 {
	return d.shareOf(n, d.text(n, what, shareExample), what)
}

const shareExample = "write a share like 0.99 or 99%"

// shareOf reads a ratio from a text that stands at a node.
func (d *decoder) shareOf(n ast.Node, s, what string) float64 {
	number, percent := strings.CutSuffix(s, "%")
	v, ok := plainNumber(number)
	if !ok {
		d.fail(n, shareExample, "%s is %q, which is not a share", what, shorten(s))
	}
	if percent {
		v, _ = strconv.ParseFloat(number+"e-2", 64) // dividing by 100 would round 0.1% twice
	}
	switch {
	case v < 0:
		d.fail(n, "write a share between 0 and 1, or 0% and 100%", "%s is %s, below zero", what, s)
	case v > 1 && v <= 100 && !percent:
		d.fail(n, "write "+s+"%", "%s is %s, more than 1", what, s)
	case v > 1:
		d.fail(n, "write a share between 0 and 1, or 0% and 100%", "%s is %s, more than everything", what, s)
	}
	return v
}

// rate reads requests per second, 500 or 500/s.
func (d *decoder) rate(n ast.Node, what string) float64 {
	return d.rateOf(n, d.text(n, what, rateExample), what)
}

const rateExample = "write requests per second, like 500 or 500/s"

// rateOf reads requests per second from a text that stands at a node.
func (d *decoder) rateOf(n ast.Node, s, what string) float64 {
	v, ok := plainNumber(strings.TrimSuffix(s, "/s"))
	switch {
	case !ok:
		d.fail(n, rateExample, "%s is %q, which is not a rate", what, shorten(s))
	case v < 0:
		d.fail(n, rateExample, "%s is %s, below zero", what, s)
	case v > MaxRate:
		d.fail(n, "write at most 1000000", "%s is %s, more than any generator can send", what, s)
	}
	return v
}

// weight reads a route's weight.
func (d *decoder) weight(n ast.Node, what string) float64 {
	const example = "write a number like 3 or 0.5; weights are relative to each other"
	s := d.text(n, what, example)
	v, ok := plainNumber(s)
	switch {
	case !ok:
		d.fail(n, example, "%s is %q, which is not a number", what, shorten(s))
	case v < 0:
		d.fail(n, example, "%s is %s, below zero", what, s)
	case v > maxWeight:
		d.fail(n, "write at most 1000000000", "%s is %s", what, s)
	}
	return v
}

// count reads a whole number from low to high.
func (d *decoder) count(n ast.Node, what string, low, high int) int {
	example := fmt.Sprintf("write a whole number from %d to %d", low, high)
	s := d.text(n, what, example)
	v, err := strconv.Atoi(s)
	if err != nil {
		d.fail(n, example, "%s is %q, which is not a whole number", what, shorten(s))
	}
	if v < low || v > high {
		d.fail(n, example, "%s is %d", what, v)
	}
	return v
}

// unsigned reads a seed.
func (d *decoder) unsigned(n ast.Node, what string) uint64 {
	const example = "write a whole number from 0 to 18446744073709551615"
	s := d.text(n, what, example)
	v, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		d.fail(n, example, "%s is %q, which is not such a number", what, shorten(s))
	}
	return v
}

// boolean reads true or false.
func (d *decoder) boolean(n ast.Node, what string) bool {
	const example = "write true or false"
	switch s := d.text(n, what, example); s {
	case "true":
		return true
	case "false":
		return false
	default:
		d.fail(n, example, "%s is %q", what, shorten(s))
		return false
	}
}

// path reads the path that a route is served at: one that every HTTP router
// takes literally.
func (d *decoder) path(n ast.Node, what string) string {
	const example = "write a path like /checkout/v1, of letters, digits and . _ ~ - between slashes"
	s := d.text(n, what, example)
	switch {
	case !pathForm.MatchString(s) || len(s) > 256:
		d.fail(n, example, "%s is %q, which is not a path to serve", what, shorten(s))
	case strings.Contains(s, "//"), strings.Contains(s+"/", "/./"), strings.Contains(s+"/", "/../"):
		d.fail(n, example, "%s is %q, which servers redirect to another path", what, shorten(s))
	}
	return s
}

var pathForm = regexp.MustCompile(`^/[A-Za-z0-9._~/-]*$`)

// engine reads an engine's text form.
func (d *decoder) engine(n ast.Node) model.EngineConfig {
	s, ok := scalar(n)
	if !ok {
		hint := "write an engine like thread:max=200"
		if _, m := n.(*ast.MappingNode); m {
			hint += ", without a space after the colon"
		}
		d.fail(n, hint, "an engine is %s", describe(n))
	}
	cfg, err := model.ParseEngine(s)
	if err != nil {
		msg, hint, _ := strings.Cut(printable(err.Error()), "; ")
		d.fail(n, hint, "%s", msg)
	}
	return cfg
}

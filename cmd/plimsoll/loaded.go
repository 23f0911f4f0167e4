package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/plimsoll-dev/plimsoll/internal/redact"
	generator "github.com/plimsoll-dev/plimsoll/load"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// optionRatio is --ratio among the options of a record.
const optionRatio = "ratio"

// loadReader derives the result of a load run from its record.
type loadReader struct{ replay generator.Replay }

func (l *loadReader) add(row record.Row) error { return l.replay.Add(row) }

func (l *loadReader) result(info record.Info) result {
	ratio, _ := l.replay.Meta.Options[optionRatio].(float64)
	return &loaded{cfg: l.replay.Config, sum: l.replay.Summary(), ratio: ratio, record: info.Hash}
}

// loaded is the result of a load run.
type loaded struct {
	cfg    generator.Config
	sum    generator.Summary
	ratio  float64 // of --ratio; 0: none
	record string  // hash; "": there is none
}

func (l *loaded) digest() any {
	d := l.sum.Digest(l.cfg.Within)
	d.Record = l.record
	return d
}

func (l *loaded) table(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "%s\n\n", l.title()); err != nil {
		return err
	}
	return l.sum.WriteTable(w, l.cfg.Within)
}

// title says what was asked for.
func (l *loaded) title() string {
	var paths []string
	for _, r := range l.cfg.Routes {
		paths = append(paths, redact.Path(r.Path))
	}
	what := fmt.Sprintf("closed loop of %d connections", l.cfg.Closed)
	if l.cfg.Closed == 0 {
		var rates []string
		for _, s := range l.cfg.Stages {
			rate := fmt.Sprintf("%g/s", s.Rate)
			if s.To != 0 {
				rate += fmt.Sprintf(" to %g/s", s.To)
			}
			rates = append(rates, rate)
		}
		what = strings.Join(rates, ", ") + ", " + arrivalsText(l.cfg.Arrivals) + " arrivals"
	}
	switch l.sum.End {
	case generator.Cancelled:
		what += fmt.Sprintf(", interrupted after %.1f s", l.sum.Elapsed.Seconds())
	case generator.Incomplete:
		what += fmt.Sprintf(", of which the record has %.0f s", l.sum.Elapsed.Seconds())
	}
	return fmt.Sprintf("%s%s for %v: %s", l.cfg.Target, strings.Join(paths, ", "), l.cfg.Length(), what)
}

// arrivalsText is the reverse of [parseArrivals].
func arrivalsText(a model.Arrivals) string {
	if a.Kind == model.Bursts {
		return fmt.Sprintf("%s:%d", a.Kind, a.Burst)
	}
	return string(a.Kind)
}

// outcome holds the result against what was expected, if the run came to its
// end. A late generator makes latencies longer, never shorter: it voids a
// failure and not a success.
func (l *loaded) outcome() error {
	s := &l.sum
	if l.ratio == 0 || s.End != generator.Completed || float64(s.Within) >= l.ratio*float64(s.Arrivals) {
		return nil
	}
	err := fmt.Errorf("%d of %d requests were answered within %v, which is less than the share of %v expected", s.Within, s.Arrivals, l.cfg.Within, l.ratio)
	for _, w := range s.Warnings {
		if w.Code == "generator-late" {
			return voidErr(fmt.Errorf("the measurement is void: %w, but %s", err, w.Text))
		}
	}
	return expectationErr(err)
}

// withoutSecrets returns arguments without the values of headers and without
// the body, which may hold passwords and tokens, and URLs without theirs.
func withoutSecrets(args []string) []string {
	hide := func(flag, value string) string {
		if name, _, ok := strings.Cut(value, ":"); ok && flag != "--body" {
			return name + ": …"
		}
		if flag == "--body" && strings.HasPrefix(value, "@") {
			return value // a file's name
		}
		return "…"
	}
	var shown []string
	for i := 0; i < len(args); i++ {
		arg := args[i]
		flag, value, joined := strings.Cut(arg, "=")
		if short, ok := strings.CutPrefix(arg, "-H"); ok && short != "" {
			flag, value, joined = "-H", strings.TrimPrefix(short, "="), true
		}
		switch {
		case flag != "-H" && flag != "--header" && flag != "--body":
			shown = append(shown, withoutSecret(arg))
		case joined:
			shown = append(shown, flag+"="+hide(flag, value))
		case i+1 < len(args):
			i++
			shown = append(shown, flag, hide(flag, args[i]))
		}
	}
	return shown
}

// withoutSecret returns an argument that may be a URL, or a flag with one.
func withoutSecret(arg string) string {
	if !strings.Contains(arg, "://") {
		return arg
	}
	if flag, value, ok := strings.Cut(arg, "="); ok && strings.HasPrefix(arg, "-") {
		return flag + "=" + redact.URL(value)
	}
	return redact.URL(arg)
}

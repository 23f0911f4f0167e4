package workload

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// An Error says what is wrong with a document, where, and what to write
// instead. Reading stops at the first.
type Error struct {
	File   string
	Line   int    // from 1
	Column int    // from 1, in characters
	Source string // the offending line
	Msg    string // what is wrong
	Hint   string // what to write; may be empty
}

// sourceWindow is how much of an offending line is shown, in characters: a
// long list of latencies must not bury the caret below it.
const sourceWindow = 100

// Error returns the place, the message, the offending line with a caret, and
// the hint, on lines of their own and without a line break at the end.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d: %s", printable(e.File), e.Line, e.Column, e.Msg)
	source, caret := e.window()
	fmt.Fprintf(&b, "\n%5d | %s\n      | %s^", e.Line, source, strings.Repeat(" ", caret))
	if e.Hint != "" {
		b.WriteString("\n  " + e.Hint)
	}
	return b.String()
}

// window cuts the part of the line around the column, and returns it with the
// caret's offset in it.
func (e *Error) window() (source string, caret int) {
	line := []rune(printable(e.Source))
	caret = min(max(e.Column-1, 0), len(line))
	if len(line) <= sourceWindow {
		return strings.TrimRight(string(line), " "), caret
	}
	from := min(max(caret-sourceWindow/2, 0), len(line)-sourceWindow)
	to := from + sourceWindow
	before, after := "", ""
	if from > 0 {
		before = "…"
	}
	if to < len(line) {
		after = "…"
	}
	return before + string(line[from:to]) + after, caret - from + utf8.RuneCountInString(before)
}

// printable makes text of a document safe to print on a terminal, one column
// for each character.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case !unicode.IsPrint(r):
			return utf8.RuneError
		}
		return r
	}, s)
}

// A Warning is something in a document that can be measured as it stands and
// is probably not what was meant.
type Warning struct {
	Code   string // stable, for programs: unused-upstream, unused-resource, ...
	File   string
	Line   int // from 1
	Column int // from 1, in characters
	Text   string
}

// The codes of warnings.
const (
	WarnUnusedUpstream = "unused-upstream"
	WarnUnusedResource = "unused-resource"
	WarnUnusedRoute    = "unused-route"    // its weight is 0
	WarnLockOrder      = "lock-order"      // resources held in opposite orders can deadlock
	WarnSLOUnreachable = "slo-unreachable" // not met even by a request that never queues
	WarnErrorsMoot     = "errors-moot"     // the ratio fails before the error share can
	WarnBurstCapped    = "burst-capped"    // a burst alone exceeds in-flight
)

// String returns the warning on one line, with its place.
func (w Warning) String() string {
	return fmt.Sprintf("%s:%d:%d: %s", printable(w.File), w.Line, w.Column, w.Text)
}

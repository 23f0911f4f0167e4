package accuracy

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Confidences are what a verdict that names a wall may say, the surest first.
var Confidences = []string{High, "medium", "low"}

// A Report is what is written: the trials and under which conditions.
type Report struct {
	Seed     uint64
	Machine  string
	Versions []string // "nginx-light 1.22.1-9"
	Kinds    []string
	Trials   []Trial
}

// Write writes the report as Markdown.
func Write(out io.Writer, r *Report) error {
	w := &writer{w: out}
	w.printf("Seed %d. Measured on: %s.\n\n", r.Seed, r.Machine)
	r.summary(w)
	r.matrix(w)
	r.mistakes(w)
	r.levels(w)
	r.each(w)
	r.reasons(w)
	if len(r.Versions) > 0 {
		w.printf("Versions: %s.\n", strings.Join(r.Versions, ", "))
	}
	return w.err
}

func (r *Report) summary(w *writer) {
	var right, abstained, confident, sizes, sizesRight, requests int
	var seconds float64
	for i := range r.Trials {
		t := &r.Trials[i]
		switch {
		case t.Right():
			right++
		case t.Abstains():
			abstained++
		}
		if t.ConfidentlyWrong() {
			confident++
		}
		if ok, asked := t.SizeRight(); asked {
			sizes++
			if ok {
				sizesRight++
			}
		}
		if t.Verdict != nil {
			requests += t.Verdict.Requests
		}
		seconds += t.Seconds
	}
	n := len(r.Trials)
	w.printf("Of %d servers, the kind of the wall was right for **%d**, wrong for **%d**, and not named for **%d**. Of %d sizes, **%d** were right: exact up to %d, ±%.0f %% above, rates ±%.0f %%. Wrong with high confidence: **%d**.",
		n, right, n-right-abstained, abstained, sizes, sizesRight, exactUpTo, 100*toleranceSize, 100*toleranceRate, confident)
	if score, scored := BrierScore(r.Trials); scored > 0 {
		w.printf(" Brier score of the weights: **%.3f** over %d verdicts (0 is perfect, 2 is certain of something wrong, equal weights have %.2f).",
			score, scored, 1-1/float64(len(r.Kinds)))
	}
	w.printf(" %d requests and %.0f s in all.\n\n", requests, seconds)
}

func (r *Report) matrix(w *writer) {
	m := MatrixOf(r.Trials, r.Kinds)
	w.printf("| truth ↓, given → | %s |\n|---|%s\n", strings.Join(m.Columns, " | "), strings.Repeat("--:|", len(m.Columns)))
	for _, row := range m.Rows {
		w.printf("| %s |", row)
		for _, column := range m.Columns {
			switch n := m.Counts[[2]string{row, column}]; {
			case n > 0 && row == column:
				w.printf(" **%d** |", n)
			case n > 0:
				w.printf(" %d |", n)
			default:
				w.printf(" |")
			}
		}
		w.printf("\n")
	}
	w.printf("\n")
	for i := range r.Trials {
		if t := &r.Trials[i]; t.Right() && t.Given() != t.Truth.Kind {
			w.printf("- %s: %s is true of this %s as well.\n", t.Peer, t.Given(), t.Truth.Kind)
		}
	}
	w.printf("\n")
}

func (r *Report) mistakes(w *writer) {
	w.printf("### Wrong\n\n")
	none := true
	for i := range r.Trials {
		t := &r.Trials[i]
		right, asked := t.SizeRight()
		if t.Abstains() || t.Right() && (right || !asked) {
			continue
		}
		none = false
		w.printf("- %s: %s instead of %s", t.Peer, t.said(), t.Truth.said())
		if t.ConfidentlyWrong() {
			w.printf(", **with high confidence**")
		}
		w.printf("\n")
	}
	if none {
		w.printf("None.\n")
	}
	w.printf("\n")
}

func (r *Report) levels(w *writer) {
	w.printf("### What a confidence is worth\n\n| confidence | verdicts | mean weight | right | sizes right |\n|---|--:|--:|--:|--:|\n")
	for _, l := range ByConfidence(r.Trials, Confidences...) {
		if l.Given == 0 {
			w.printf("| %s | 0 | | | |\n", l.Confidence)
			continue
		}
		w.printf("| %s | %d | %.2f | %d | %d of %d |\n", l.Confidence, l.Given, l.Weight, l.Right, l.SizesRight, l.Sizes)
	}
	w.printf("\n")
}

func (r *Report) each(w *writer) {
	w.printf("### Each server\n\n| server | asked for | truth | given | confidence | requests | seconds |\n|---|---|---|---|---|--:|--:|\n")
	for i := range r.Trials {
		t := &r.Trials[i]
		confidence, requests := "", ""
		if t.Verdict != nil {
			confidence, requests = t.Verdict.Confidence, strconv.Itoa(t.Verdict.Requests)
		}
		w.printf("| %s | `%s` | %s | %s | %s | %s | %.0f |\n", t.Peer, t.Target, t.Truth.said(), t.said(), confidence, requests, t.Seconds)
	}
	w.printf("\n")
}

func (r *Report) reasons(w *writer) {
	w.printf("### Why these are their walls\n\n")
	for i := range r.Trials {
		t := &r.Trials[i]
		w.printf("- %s: %s: %s.\n", t.Peer, t.Truth.said(), t.Truth.Because)
	}
	w.printf("\n")
}

// Line is a trial in one line.
func Line(t *Trial) string {
	mark := "wrong"
	switch right, asked := t.SizeRight(); {
	case t.Abstains():
		mark = "abstains"
	case t.Right() && asked && !right:
		mark = "wrong size"
	case t.Right():
		mark = "right"
	}
	if t.ConfidentlyWrong() {
		mark += " with high confidence"
	}
	return fmt.Sprintf("%-28s %-22s %s → %s (%.0f s)", t.Peer, mark, t.Truth.said(), t.said(), t.Seconds)
}

// said is a verdict in a few words.
func (t *Trial) said() string {
	if t.Verdict == nil {
		return failed + ": " + t.Err
	}
	if t.Verdict.Void {
		return "void: " + strings.Join(t.Verdict.Reasons, "; ")
	}
	s := t.Given()
	if size := t.Size(); size != nil {
		s += " " + strconv.FormatFloat(*size, 'f', -1, 64)
		if t.Given() == rateLimit {
			s = fmt.Sprintf("%s %.3g/s", t.Given(), *size)
		}
	}
	if low, high := t.Verdict.Wall.Low, t.Verdict.Wall.High; low != nil && high != nil && *low != *high {
		s += fmt.Sprintf(" (%.0f–%.0f)", *low, *high)
	}
	if weight, ok := t.weight(); ok {
		s += fmt.Sprintf(", %.2f", weight)
	}
	return s
}

// said is a wall in a few words.
func (w *Truth) said() string {
	switch {
	case w.High == 0:
		return w.Kind
	case w.Low == w.High && w.Kind == rateLimit:
		return fmt.Sprintf("%s %d/s", w.Kind, w.High)
	case w.Low == w.High:
		return fmt.Sprintf("%s %d", w.Kind, w.High)
	}
	return fmt.Sprintf("%s %d–%d", w.Kind, w.Low, w.High)
}

// A writer keeps the first error.
type writer struct {
	w   io.Writer
	err error
}

func (w *writer) printf(format string, args ...any) {
	if w.err == nil {
		_, w.err = fmt.Fprintf(w.w, format, args...)
	}
}

package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/lab"
	"github.com/plimsoll-dev/plimsoll/record"
)

// progress tells a person what a long command is doing: on a terminal in one
// line that changes, elsewhere a line for each trial.
type progress struct {
	w        io.Writer
	terminal bool
	width    int
}

func newProgress(w io.Writer) *progress {
	p := &progress{w: w, width: 80}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.terminal = true
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 20 {
			p.width = width
		}
	}
	return p
}

// show takes what a lab says of itself.
func (p *progress) show(u lab.Progress) {
	at := u.Elapsed.Truncate(time.Second)
	switch {
	case u.Trial != nil:
		p.line(fmt.Sprintf("%5s  %-28s %s", at, u.Engine, trialText(u.Trial)))
	case p.terminal:
		p.erase()
		text := []rune(fmt.Sprintf("%5s  %-28s %s …", at, u.Engine, u.Text))
		fmt.Fprint(p.w, string(text[:min(len(text), p.width-1)]))
	}
}

func trialText(t *record.Trial) string {
	s := fmt.Sprintf("%-9s %7s/s", t.Purpose, analysis.Rate(t.Rate))
	if t.Variant != "" {
		s += " " + t.Variant
	}
	if t.Outcome != "" {
		s += "  " + t.Outcome
	}
	if len(t.Reasons) > 0 {
		s += ": " + t.Reasons[0]
	}
	return s
}

// line prints one line that stays.
func (p *progress) line(text string) {
	p.erase()
	fmt.Fprintln(p.w, strings.TrimRight(text, " "))
}

func (p *progress) end() { p.erase() }

func (p *progress) erase() {
	if p.terminal {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

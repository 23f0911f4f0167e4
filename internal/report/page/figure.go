package page

import (
	"html/template"
	"strings"
)

// A figure is a chart with the table of its figures behind it.
type figure struct {
	ID     string // of its heading
	Title  string
	Text   string // how to read it
	Charts []template.HTML
	Key    []keyed // what the letters stand for
	Notes  []string
	Tables []table
}

// keyed is an engine in a figure's key, with what is to be said of it there.
type keyed struct {
	Badge
	Text string
}

// A Badge is the mark of an engine: its colour, letter and name.
type Badge struct{ Colour, Letter, Name string }

// Pieces are what the name may be broken into.
func (b Badge) Pieces() []string { return strings.SplitAfter(b.Name, ",") }

type table struct {
	Caption string
	Head    []string // the first is that of the rows' own headings
	Rows    [][]string
	Text    int // columns, from the left, that are text; the others are figures
}

// wideAndNarrow draws a chart for both kinds of screen; the stylesheet shows one.
func wideAndNarrow(draw func(class string, width float64, names bool) template.HTML) []template.HTML {
	return []template.HTML{draw("wide", wideWidth, true), draw("narrow", narrowWidth, false)}
}

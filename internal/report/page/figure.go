package page

import (
	"html/template"
	"strings"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
)

// A figure is a chart with the table of its figures behind it.
type figure struct {
	ID     string // of its heading
	Title  string
	Text   string // how to read it
	Charts []template.HTML
	Key    []keyed // what the letters stand for
	Named  bool    // the wide chart says it itself
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

// An engine is one of the compared configurations with what is known of it.
type engine struct {
	index   int
	verdict analysis.EngineVerdict
	run     *analysis.EngineRun
}

func (e engine) badge() Badge {
	return Badge{colour(e.index), letter(e.index), e.verdict.Name}
}

// A comparison is all that the page is written from.
type comparison struct {
	verdict *analysis.Verdict
	run     *analysis.Run
	rows    *Rows
	engines []engine
}

func newComparison(v *analysis.Verdict, run *analysis.Run, rows *Rows) *comparison {
	c := &comparison{verdict: v, run: run, rows: rows}
	for i, e := range v.Engines {
		c.engines = append(c.engines, engine{i, e, run.Engines[i]})
	}
	return c
}

// key lists the engines that have something in a figure.
func (c *comparison) key(curves []curve) []keyed {
	var k []keyed
	for _, s := range curves {
		k = append(k, keyed{Badge: c.engines[s.engine].badge()})
	}
	return k
}

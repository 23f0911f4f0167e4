package page

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/report"
)

//go:embed page.html
var source string

//go:embed style.css
var style string

var page = template.Must(template.New("page").Parse(source))

// view is what the template shows, in its order.
type view struct {
	Policy      string
	Style       template.HTML
	Workload    string
	Objective   string
	Conclusion  string
	Partial     bool
	Lines       figure
	Engines     []card
	Warnings    []string
	Sections    []figure
	Occupancy   []panel
	Environment []fact
	Document    string
	Trials      table
}

// A card is an engine's verdict in words.
type card struct {
	Badge
	Line, Wall string
	Void       bool
	Said       []string // evidence
	Confirmed  string
	Doubts     []string // void reasons and warnings
}

// Compare writes the page of a comparison: of a verdict, the run that it was
// derived from, and the other rows of the record. It fails if a histogram of the
// record is damaged, or w does.
func Compare(w io.Writer, v *analysis.Verdict, run *analysis.Run, rows *Rows) error {
	c := newComparison(v, run, rows)
	latency, err := c.latency()
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	sum := sha256.Sum256([]byte(style))
	out := view{
		// An inline style sheet and a picture of its own are all that it may load.
		Policy:      "default-src 'none'; img-src data:; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'",
		Style:       template.HTML("<style>" + style + "</style>"), //nolint:gosec // our own file, byte for byte, as its hash demands
		Workload:    v.Workload,
		Objective:   fmt.Sprintf("%s of requests answered within %s, at most %s failing", report.Share(v.SLO.Ratio), report.Millis(v.SLO.WithinMS), report.Share(v.SLO.Errors)),
		Conclusion:  v.Conclusion,
		Partial:     v.Partial,
		Lines:       c.lines(),
		Engines:     c.cards(),
		Sections:    append(latency, c.residence(), c.cost(), c.overload()),
		Occupancy:   c.occupancy(),
		Environment: c.environment(),
		Document:    run.Meta.Workload.Source,
		Trials:      c.trials(),
	}
	for _, warning := range v.Warnings {
		out.Warnings = append(out.Warnings, sentence(warning.Text))
	}
	var b bytes.Buffer
	if err := page.Execute(&b, out); err != nil {
		return fmt.Errorf("report: write page: %w", err)
	}
	_, err = w.Write(b.Bytes())
	return err
}

func (c *comparison) cards() []card {
	var cards []card
	for _, e := range c.engines {
		v := e.verdict
		k := card{Badge: e.badge(), Line: report.Interval(v), Wall: report.WallName(v), Void: v.Void}
		for _, s := range v.Wall.Evidence {
			k.Said = append(k.Said, sentence(s))
		}
		switch {
		case v.Wall.ConfirmedBy != nil:
			k.Confirmed = sentence(*v.Wall.ConfirmedBy)
		case len(v.Wall.Evidence) == 0:
			k.Said = []string{"Nothing is known of what stops it."}
		}
		for _, r := range v.VoidReasons {
			k.Doubts = append(k.Doubts, "Void: "+r)
		}
		for _, w := range v.Warnings {
			k.Doubts = append(k.Doubts, "Warning: "+w.Text)
		}
		cards = append(cards, k)
	}
	return cards
}

// sentence begins with a capital and ends with a full stop.
func sentence(s string) string {
	first, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(first)) + strings.TrimSuffix(s[n:], ".") + "."
}

package page

import (
	_ "embed"
	"fmt"
	"html/template"
	"strings"
)

// A section is one part of a page: a heading, how to read what is under it, and
// that.
type section struct {
	ID       string // of its heading, and what links lead to
	Title    string
	Contents string // its name in the list of contents; "": it is not there
	Text     string
	Body     template.HTML
}

// A part makes a section of what a record holds; nil if it holds nothing for it.
type part func() (*section, error)

//go:embed pieces.html
var piecesSource string

// pieces are the templates that sections have in common: badge, name, outcome,
// table, charts and surroundings.
var pieces = template.Must(template.New("pieces").Parse(piecesSource))

// define adds the template of a section.
func define(name, source string) *template.Template {
	return template.Must(pieces.New(name).Parse(source))
}

// filled returns the section with its template filled with data.
func (s section) filled(t *template.Template, data any) (*section, error) {
	var b strings.Builder
	if err := t.Execute(&b, data); err != nil {
		return nil, fmt.Errorf("section %s: %w", s.ID, err)
	}
	s.Body = template.HTML(b.String()) //nolint:gosec // html/template has escaped it
	return &s, nil
}

// section is a section that is one figure.
func (f figure) section(contents string) (*section, error) {
	return section{ID: f.ID, Title: f.Title, Contents: contents, Text: f.Text}.filled(pieces.Lookup("charts"), f)
}

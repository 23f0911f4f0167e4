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
)

//go:embed frame.html
var frameSource string

//go:embed style.css
var style string

var frame = template.Must(template.New("frame").Parse(frameSource))

// A page is what is around its sections: the verdict, and whatever doubt there
// is of all of it.
type page struct {
	Title      string // of the window
	Subject    string
	Conclusion string
	Lead       []string // under the conclusion
	Partial    bool
	Warnings   []string
	Sections   []*section

	Policy string
	Style  template.HTML
}

// write writes the page with the sections that its parts find something for.
func (p *page) write(w io.Writer, parts ...part) error {
	for _, of := range parts {
		s, err := of()
		if err != nil {
			return fmt.Errorf("report: %w", err)
		}
		if s != nil {
			p.Sections = append(p.Sections, s)
		}
	}
	// An inline style sheet and a picture of its own are all that it may load.
	sum := sha256.Sum256([]byte(style))
	p.Policy = "default-src 'none'; img-src data:; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
	p.Style = template.HTML("<style>" + style + "</style>") //nolint:gosec // our own file, byte for byte, as its hash demands
	var b bytes.Buffer
	if err := frame.Execute(&b, p); err != nil {
		return fmt.Errorf("report: write page: %w", err)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// sentence begins with a capital and ends with a full stop.
func sentence(s string) string {
	first, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(first)) + strings.TrimSuffix(s[n:], ".") + "."
}

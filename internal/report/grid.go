package report

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// grid is a table with a header, columns aligned, two spaces apart.
type grid struct {
	rows  [][]string
	width []int
	flush map[int]bool // columns aligned to the right
}

func newGrid(header ...string) *grid {
	g := &grid{flush: map[int]bool{}}
	g.row(header...)
	return g
}

func (g *grid) right(columns ...int) *grid {
	for _, c := range columns {
		g.flush[c] = true
	}
	return g
}

func (g *grid) row(cells ...string) {
	for i, c := range cells {
		if i == len(g.width) {
			g.width = append(g.width, 0)
		}
		g.width[i] = max(g.width[i], utf8.RuneCountInString(c))
	}
	g.rows = append(g.rows, cells)
}

func (g *grid) print(b *strings.Builder) {
	for _, row := range g.rows {
		var line strings.Builder
		for i, c := range row {
			pad := strings.Repeat(" ", g.width[i]-utf8.RuneCountInString(c))
			if i > 0 && g.width[i] > 0 {
				line.WriteString("  ")
			}
			if g.flush[i] {
				line.WriteString(pad + c)
			} else {
				line.WriteString(c + pad)
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
}

var units = regexp.MustCompile(`(\d) (%|s|ms|µs)`)

// wrap prints text in lines of at most that many characters; all but the first
// are indented.
func wrap(b *strings.Builder, text, indent string, width int) {
	text = units.ReplaceAllString(text, "$1\u00a0$2") // a number and its unit stay together
	lead := text[:len(text)-len(strings.TrimLeft(text, " "))]
	b.WriteString(lead)
	n := len(lead)
	for i, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' }) {
		w := utf8.RuneCountInString(word)
		if i > 0 && n+1+w > width {
			b.WriteString("\n" + lead + indent)
			n = len(lead) + len(indent)
		} else if i > 0 {
			b.WriteByte(' ')
			n++
		}
		b.WriteString(strings.ReplaceAll(word, "\u00a0", " "))
		n += w
	}
	b.WriteByte('\n')
}

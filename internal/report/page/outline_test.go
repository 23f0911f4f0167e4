package page

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// An element is one of a page.
type element struct {
	name     string
	attr     map[string]string
	text     string // its own and that of what is inside
	children []*element
}

// parsePage reads a page strictly but for HTML's void elements and entities: a
// tag that is not closed, or closed by another, is an error.
func parsePage(t *testing.T, page string) *element {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(strings.NewReplacer("<!DOCTYPE html>", "", "<wbr>", "").Replace(page)))
	d.Strict, d.AutoClose, d.Entity = false, []string{"meta", "link"}, xml.HTMLEntity
	root := &element{}
	open := []*element{root}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("the page is not well-formed: %v", err)
		}
		top := open[len(open)-1]
		switch token := token.(type) {
		case xml.StartElement:
			e := &element{name: token.Name.Local, attr: map[string]string{}}
			for _, a := range token.Attr {
				e.attr[a.Name.Local] = a.Value
			}
			top.children = append(top.children, e)
			open = append(open, e)
		case xml.EndElement:
			if top.name != token.Name.Local {
				t.Fatalf("<%s> is closed by </%s>", top.name, token.Name.Local)
			}
			open = open[:len(open)-1]
		case xml.CharData:
			for _, e := range open {
				e.text += string(token)
			}
		}
	}
	if len(open) != 1 {
		t.Fatalf("<%s> is not closed", open[len(open)-1].name)
	}
	return root
}

// all returns the elements of that name, in order.
func (e *element) all(name string) []*element {
	var found []*element
	for _, c := range e.children {
		if c.name == name {
			found = append(found, c)
		}
		found = append(found, c.all(name)...)
	}
	return found
}

func (e *element) has(class string) bool {
	return slices.Contains(strings.Fields(e.attr["class"]), class)
}

// words is an element's text with single spaces.
func (e *element) words() string { return strings.Join(strings.Fields(e.text), " ") }

// outline is what a page says, a line for each thing, without its geometry.
func outline(e *element, b *strings.Builder) {
	for _, c := range e.children {
		switch c.name {
		case "h1", "h2", "h3", "h4", "p", "li", "summary", "title", "pre", "caption":
			b.WriteString(c.name + ": " + c.words() + "\n")
		case "div":
			if dt := c.all("dt"); len(dt) == 1 {
				b.WriteString("fact: " + dt[0].words() + " = " + c.all("dd")[0].words() + "\n")
				continue
			}
			outline(c, b)
		case "svg":
			if c.attr["role"] == "img" {
				b.WriteString("chart " + c.attr["class"] + ": " + c.attr["aria-label"] + "\n")
			}
		case "tr":
			var cells []string
			for _, cell := range c.children {
				cells = append(cells, cell.words())
			}
			b.WriteString("  | " + strings.Join(cells, " | ") + "\n")
		default:
			outline(c, b)
		}
	}
}

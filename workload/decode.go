package workload

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/plimsoll-dev/plimsoll/model"
)

// A decoder turns the document's nodes into values. Its methods stop at the
// first error by a panic with that [*Error], which Parse recovers: the grammar
// stays readable, and nothing is decoded from what was refused.
type decoder struct {
	*source
	warnings []Warning
}

// failAt stops decoding with an error at a token.
func (d *decoder) failAt(t *token.Token, hint, format string, args ...any) {
	panic(d.errorAt(t.Position.Line, t.Position.Column, fmt.Sprintf(format, args...), hint))
}

// fail stops decoding with an error at a node.
func (d *decoder) fail(n ast.Node, hint, format string, args ...any) {
	d.failAt(start(n), hint, format, args...)
}

func (d *decoder) warn(n ast.Node, code, format string, args ...any) {
	pos := start(n).Position
	d.warnings = append(d.warnings, Warning{Code: code, File: d.file, Line: pos.Line, Column: pos.Column, Text: fmt.Sprintf(format, args...)})
}

// start returns the token at which a node begins; a block mapping's own token
// is the colon after its first key.
func start(n ast.Node) *token.Token {
	switch n := n.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return start(n.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return start(n.Key)
	case *ast.LiteralNode:
		return n.Start
	}
	return n.GetToken()
}

// describe names what kind of thing a node is, for "this is a list".
func describe(n ast.Node) string {
	switch n := n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.NullNode:
		return "empty"
	default:
		text, _ := scalar(n)
		return fmt.Sprintf("%q", shorten(text))
	}
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// scalar returns a scalar's text. Text that stands without quotes is taken as
// it stands, whatever YAML would make of it: 1_000, yes and 0x10 are text
// until a rule of the grammar reads them.
func scalar(n ast.Node) (text string, ok bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// An entry is a key with its value.
type entry struct {
	name  string
	key   ast.Node
	value ast.Node
}

// entries returns a mapping's entries in the document's order, each key once.
func (d *decoder) entries(n ast.Node, what, hint string) []entry {
	var values []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		d.fail(n, hint, "%s is %s, not a mapping of keys to values", what, describe(n))
	}
	first := map[string]int{}
	list := make([]entry, 0, len(values))
	for _, v := range values {
		name, ok := scalar(v.Key)
		if _, null := v.Key.(*ast.NullNode); null {
			name, ok = v.Key.GetToken().Value, true
		}
		if !ok {
			d.fail(v.Key, "write a name before the colon", "a key of %s is %s", what, describe(v.Key))
		}
		if line, dup := first[name]; dup {
			d.fail(v.Key, "remove one of them, or rename it", "%q stands twice in %s; first on line %d", name, what, line)
		}
		first[name] = start(v.Key).Position.Line
		list = append(list, entry{name, v.Key, v.Value})
	}
	return list
}

// fields are the entries of a mapping whose keys the grammar knows.
type fields struct {
	d    *decoder
	node ast.Node
	what string
	m    map[string]entry
}

// fields reads a mapping with the known keys and no others.
func (d *decoder) fields(n ast.Node, what, hint string, known ...string) fields {
	f := fields{d: d, node: n, what: what, m: map[string]entry{}}
	for _, e := range d.entries(n, what, hint) {
		if !slices.Contains(known, e.name) {
			d.unknownKey(e, what, known)
		}
		f.m[e.name] = e
	}
	return f
}

func (d *decoder) unknownKey(e entry, what string, known []string) {
	hint := "the keys here are " + strings.Join(known, ", ")
	if best := model.Closest(e.name, known); best != "" {
		hint = fmt.Sprintf("did you mean %q? Otherwise %s", best, hint)
	}
	d.fail(e.key, hint, "unknown key %q in %s", shorten(e.name), what)
}

// get returns a key's value, nil if the key is not there. A key that stands
// without a value is an error: it was meant to say something.
func (f fields) get(key string) ast.Node {
	e, ok := f.m[key]
	if !ok {
		return nil
	}
	if _, null := e.value.(*ast.NullNode); null || e.value == nil {
		f.d.fail(e.key, "write a value after the colon, or remove the key", "%q in %s has no value", key, f.what)
	}
	return e.value
}

// need returns a key's value and fails if the key is not there.
func (f fields) need(key, example string) ast.Node {
	n := f.get(key)
	if n == nil {
		f.d.fail(f.node, fmt.Sprintf("write %s", example), "%s has no %q", f.what, key)
	}
	return n
}

// list returns the items of a list that has at least one.
func (d *decoder) list(n ast.Node, what, hint string) []ast.Node {
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		d.fail(n, hint, "%s: this is %s, not a list", what, describe(n))
	}
	return s.Values
}

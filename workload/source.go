package workload

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Bounds on a document. The YAML parser takes time quadratic in the keys of a
// mapping and stack in proportion to nesting, so both are bounded before it runs.
const (
	maxBytes   = 128 << 10
	maxKeys    = 8000
	maxNesting = 200 // brackets, or dashes on one line
)

// A source is a document's text with what is needed to point into it.
type source struct {
	file  string
	text  string
	lines []string
}

// newSource accepts the text of a document: UTF-8 without control characters,
// of bounded size.
func newSource(file string, src []byte) (*source, *Error) {
	s := &source{file: file}
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	if len(src) > maxBytes {
		s.split(src[:min(len(src), 200)])
		return nil, s.errorAt(1, 1, fmt.Sprintf("the document has %d bytes; at most %d are read", len(src), maxBytes),
			"write the distribution that a long list of latencies follows, or a sample of it")
	}
	src = bytes.ReplaceAll(src, []byte("\r\n"), []byte("\n"))
	s.split(src)
	line, column := 1, 1
	for i := 0; i < len(src); {
		r, size := utf8.DecodeRune(src[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			return nil, s.errorAt(line, column, fmt.Sprintf("byte %#02x is not UTF-8", src[i]), "save the document as UTF-8")
		case r == '\n':
			line, column = line+1, 0
		case r < ' ' && r != '\t', r >= 0x7f && r < 0xa0, r == 0x2028, r == 0x2029, r == 0xfeff:
			return nil, s.errorAt(line, column, fmt.Sprintf("a control character, %U", r), "remove it; only spaces, tabs and line breaks may stand between text")
		}
		column++
		i += size
	}
	return s, nil
}

func (s *source) split(src []byte) {
	s.text = string(src)
	s.lines = strings.Split(s.text, "\n")
}

func (s *source) errorAt(line, column int, msg, hint string) *Error {
	e := &Error{File: s.file, Line: max(line, 1), Column: max(column, 1), Msg: msg, Hint: hint}
	if e.Line <= len(s.lines) {
		e.Source = s.lines[e.Line-1]
	}
	return e
}

// parse returns the document's one node, and nil for an empty document.
func (s *source) parse() (node ast.Node, bad *Error) {
	defer func() {
		// The YAML parser is a dependency that is given untrusted bytes.
		if r := recover(); r != nil {
			node, bad = nil, s.errorAt(1, 1, "the YAML parser cannot read this document", "simplify it: mappings, lists and plain text suffice")
		}
	}()
	tokens := lexer.Tokenize(s.text)
	if e := s.refuse(tokens); e != nil {
		return nil, e
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, s.syntax(err)
	}
	var body ast.Node
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if _, ok := doc.Body.(*ast.CommentGroupNode); ok {
			continue
		}
		if body != nil {
			pos := start(doc.Body).Position
			return nil, s.errorAt(pos.Line, pos.Column, "a second document begins here", "write one workload in a file")
		}
		body = doc.Body
	}
	return body, nil
}

// refuse rejects what the grammar leaves out of YAML, and nesting that would
// exhaust the parser.
func (s *source) refuse(tokens token.Tokens) *Error {
	depth, dashes, keys, line := 0, 0, 0, 0
	for _, t := range tokens {
		if t.Position.Line != line {
			line, dashes = t.Position.Line, 0
		}
		feature, hint := "", ""
		switch t.Type {
		case token.AnchorType, token.AliasType:
			feature, hint = "anchors and aliases are", "write out what they stand for; if it is text, put it in quotes"
		case token.MergeKeyType:
			feature, hint = "merge keys are", "write out the keys"
		case token.TagType:
			feature, hint = "tags are", "remove it; if it is text, put it in quotes"
		case token.DirectiveType:
			feature, hint = "directives are", "remove the line"
		case token.MappingKeyType:
			feature, hint = "keys marked with ? are", `write "key: value"`
		case token.MappingStartType, token.SequenceStartType:
			depth++
		case token.MappingEndType, token.SequenceEndType:
			depth = max(depth-1, 0)
		case token.SequenceEntryType:
			dashes++
		case token.MappingValueType:
			keys++
		}
		if feature != "" {
			return s.errorAt(t.Position.Line, t.Position.Column, feature+" not part of a workload document", hint)
		}
		if keys > maxKeys {
			return s.errorAt(t.Position.Line, t.Position.Column, fmt.Sprintf("the document has more than %d keys", maxKeys), "describe what matters for the load")
		}
		if depth+dashes > maxNesting {
			return s.errorAt(t.Position.Line, t.Position.Column, fmt.Sprintf("nested more than %d deep", maxNesting), "a request with so many levels cannot be read; make it flatter")
		}
	}
	return nil
}

// syntax turns the YAML parser's error into one of ours.
func (s *source) syntax(err error) *Error {
	var y interface {
		GetToken() *token.Token
		GetMessage() string
	}
	if !errors.As(err, &y) || y.GetToken() == nil {
		return s.errorAt(1, 1, "this is not YAML", "")
	}
	pos := y.GetToken().Position
	e := s.errorAt(pos.Line, pos.Column, "this is not YAML: "+printable(y.GetMessage()), "check the indentation, the colons and the quotes of this line and the one above")
	if strings.HasPrefix(strings.TrimLeft(e.Source, " "), "\t") {
		e.Msg, e.Hint = "this is not YAML: a tab stands in the indentation", "indent with spaces"
	}
	if strings.Contains(e.Source, ": >") { // which begins a folded text
		e.Hint = `put a bound in quotes: ">= 900/s"`
	}
	return e
}

package exposition

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// parse reads one line:
//
//	name{label="value",…} value [timestamp] [# exemplar]
//
// The blank before the value may be missing after a brace.
// A name that is not letters, digits, underscores and colons stands among the
// labels, in quotes.
func parse(line []byte) (s Sample, err error) {
	p := parser{line}
	s.Name = p.name()
	braces := p.take('{')
	if braces {
		if err := p.labels(&s); err != nil {
			return s, err
		}
	}
	if s.Name == "" {
		return s, errors.New("it begins with no name")
	}
	if !p.blank() && !braces {
		return s, fmt.Errorf("after %.40q there is no value", s.Name)
	}
	value := p.word()
	// Go's own spellings of infinity and of not a number are the format's.
	if s.Value, err = strconv.ParseFloat(value, 64); err != nil || strings.ContainsAny(value, "_xXpP") {
		return s, fmt.Errorf("%.40q is not a number", value)
	}
	return s, p.rest()
}

type parser struct{ b []byte }

func (p *parser) take(c byte) bool {
	if len(p.b) == 0 || p.b[0] != c {
		return false
	}
	p.b = p.b[1:]
	return true
}

// blank takes blanks, and reports whether there were any.
func (p *parser) blank() bool {
	rest := bytes.TrimLeft(p.b, " \t")
	there := len(rest) < len(p.b)
	p.b = rest
	return there
}

func nameByte(c byte, first bool) bool {
	return c == '_' || c == ':' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || !first && '0' <= c && c <= '9'
}

func (p *parser) name() string {
	n := 0
	for n < len(p.b) && nameByte(p.b[n], n == 0) {
		n++
	}
	name := string(p.b[:n])
	p.b = p.b[n:]
	return name
}

// word is everything up to the next blank.
func (p *parser) word() string {
	n := bytes.IndexAny(p.b, " \t")
	if n < 0 {
		n = len(p.b)
	}
	word := string(p.b[:n])
	p.b = p.b[n:]
	return word
}

// labels reads what stands between braces, the closing one included. A comma
// may stand after the last.
func (p *parser) labels(s *Sample) error {
	for {
		p.blank()
		if p.take('}') {
			return nil
		}
		if len(p.b) > 0 && p.b[0] == '"' { // the metric's name
			name, err := p.quoted()
			if err != nil {
				return err
			}
			if s.Name != "" || len(s.Labels) > 0 {
				return fmt.Errorf("a second name, %.40q", name)
			}
			s.Name = name
		} else {
			name := p.name()
			p.blank()
			if name == "" || !p.take('=') {
				return errors.New("its labels are not NAME=\"VALUE\"")
			}
			p.blank()
			value, err := p.quoted()
			if err != nil {
				return err
			}
			s.Labels = append(s.Labels, Label{name, value})
		}
		p.blank()
		if !p.take(',') && (len(p.b) == 0 || p.b[0] != '}') {
			return errors.New("its labels do not end")
		}
	}
}

// quoted reads a value in quotes, in which backslash escapes a quote, itself
// and, as \n, the end of a line.
func (p *parser) quoted() (string, error) {
	if !p.take('"') {
		return "", errors.New("a label's value is not in quotes")
	}
	var v []byte
	for len(p.b) > 0 {
		c := p.b[0]
		p.b = p.b[1:]
		switch {
		case c == '"':
			return string(v), nil
		case c == '\\' && len(p.b) > 0:
			escaped := p.b[0]
			p.b = p.b[1:]
			switch escaped {
			case 'n':
				escaped = '\n'
			case '"', '\\':
			default: // readers keep a backslash that escapes nothing
				v = append(v, '\\')
			}
			v = append(v, escaped)
		default:
			v = append(v, c)
		}
	}
	return "", errors.New("a label's value does not end")
}

// rest is a timestamp, an exemplar, both, or nothing.
func (p *parser) rest() error {
	p.blank()
	if len(p.b) > 0 && p.b[0] != '#' {
		word := p.word()
		if _, err := strconv.ParseFloat(word, 64); err != nil {
			return fmt.Errorf("%.40q is not a time", word)
		}
		p.blank()
	}
	if len(p.b) > 0 && p.b[0] != '#' {
		return fmt.Errorf("%.40q stands after the time", p.b)
	}
	return nil
}

package wire

import (
	"strconv"
	"strings"
)

// A lenient is a message taken apart as loosely as anybody would, so that the
// known differences can be told from the bytes and not from either parser.
type lenient struct {
	response bool
	head     bool     // a response to HEAD
	early    int      // empty lines before a request
	start    string   // the start line, without its end
	lines    []string // of head and trailers: with CR where there is one, without LF
	fields   [][2]string
	sizes    []string // lines of chunk sizes
	trailers [][2]string
}

func loosely(in []byte, response, head bool) *lenient {
	m := &lenient{response: response, head: head}
	rest := string(in)
	for strings.HasPrefix(rest, "\r\n") && !response {
		rest = rest[2:]
		m.early++
	}
	start, rest, _ := strings.Cut(rest, "\n")
	m.lines = append(m.lines, start)
	m.start = strings.TrimSuffix(start, "\r")
	m.fields, rest = m.section(rest)
	if strings.EqualFold(strings.Trim(m.value("Transfer-Encoding"), " \t,"), "chunked") && !beforeCodings.MatchString(m.version()) && m.hasBody() {
		m.chunks(rest)
	}
	return m
}

// section takes lines up to the empty one.
func (m *lenient) section(in string) (fields [][2]string, rest string) {
	for in != "" {
		var line string
		line, in, _ = strings.Cut(in, "\n")
		m.lines = append(m.lines, line)
		line = strings.TrimSuffix(line, "\r")
		if line == "" {
			break
		}
		if n := len(fields); blank(line[0]) && n > 0 {
			fields[n-1][1] = strings.Trim(fields[n-1][1]+" "+strings.Trim(line, " \t"), " ")
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		fields = append(fields, [2]string{name, strings.Trim(value, " \t")})
	}
	return fields, in
}

func (m *lenient) chunks(in string) {
	for {
		line, rest, ok := strings.Cut(in, "\n")
		if !ok {
			return
		}
		m.sizes = append(m.sizes, line)
		digits, _, _ := strings.Cut(line, ";")
		size, err := strconv.ParseUint(strings.TrimSpace(digits), 16, 62)
		switch {
		case err != nil:
			return
		case size == 0:
			m.trailers, _ = m.section(rest)
			return
		case size+2 > uint64(len(rest)):
			return
		}
		in = rest[size+2:]
	}
}

func (m *lenient) hasBody() bool {
	return !m.response || !m.head && !strings.HasPrefix(m.status(), "1") && m.status() != "204" && m.status() != "304"
}

func (m *lenient) version() string {
	if m.response {
		v, _, _ := strings.Cut(m.start, " ")
		return v
	}
	return m.start[strings.LastIndexByte(m.start, ' ')+1:]
}

func (m *lenient) status() string {
	_, rest, _ := strings.Cut(m.start, " ")
	code, _, _ := strings.Cut(strings.TrimLeft(rest, " "), " ")
	return code
}

func (m *lenient) reason() string {
	_, reason, _ := strings.Cut(m.start, m.status())
	return reason
}

func (m *lenient) method() string {
	method, _, _ := strings.Cut(m.start, " ")
	return method
}

func (m *lenient) target() string {
	_, rest, _ := strings.Cut(m.start, " ")
	target, _, _ := strings.Cut(rest, " ")
	return target
}

// count counts the fields of a name, and value is that of the first.
func (m *lenient) count(name string) (n int) {
	for _, f := range m.fields {
		if strings.EqualFold(f[0], name) {
			n++
		}
	}
	return n
}

func (m *lenient) value(name string) string {
	for _, f := range m.fields {
		if strings.EqualFold(f[0], name) {
			return f[1]
		}
	}
	return ""
}

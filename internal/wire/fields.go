package wire

import "net/http"

// section is the part of a message that field lines are read from.
type section uint8

const (
	requestHead section = iota
	responseHead
	trailers
)

// readFields reads field lines from buf[i:] up to and including the empty
// line, appends them to *fields and notes in c those that frame the message.
// It returns the index after the empty line, or 0 if buf ends before it.
//
//	field-line = field-name ":" OWS field-value OWS
func readFields(buf []byte, i int, in section, fields *[]Field, limit int, c *control) (int, *Error) {
	for {
		start := i
		i = tokenEnd(buf, i)
		if i == start {
			return endOfFields(buf, i)
		}
		if i == len(buf) {
			return 0, nil
		}
		if buf[i] != ':' {
			return 0, badName(buf, i)
		}
		if len(*fields) == limit {
			return 0, &Error{http.StatusRequestHeaderFieldsTooLarge, "more fields than the limit allows", start}
		}
		name := buf[start:i]
		for i++; i < len(buf) && blank(buf[i]); i++ {
		}
		start = i
		i = valueEnd(buf, i)
		if i+1 >= len(buf) && (i == len(buf) || buf[i] == '\r') {
			return 0, nil
		}
		if buf[i] != '\r' || buf[i+1] != '\n' {
			return 0, badLineEnd(buf, i, "invalid byte in a field value")
		}
		end := i
		for end > start && blank(buf[end-1]) {
			end--
		}
		value := buf[start:end]
		*fields = append(*fields, Field{name, value})
		if err := c.note(in, name, value, start); err != nil {
			return 0, err
		}
		i += 2
	}
}

// endOfFields reads what stands where a field name should: the empty line, in
// a sound message.
func endOfFields(buf []byte, i int) (int, *Error) {
	switch {
	case i == len(buf):
		return 0, nil
	case blank(buf[i]):
		return 0, bad(i, "line folding, or white space before the first field")
	case buf[i] != '\r':
		return 0, badName(buf, i)
	case i+1 == len(buf):
		return 0, nil
	case buf[i+1] != '\n':
		return 0, bad(i, "CR without LF")
	}
	return i + 2, nil
}

func badName(buf []byte, i int) *Error {
	switch buf[i] {
	case ' ', '\t':
		return bad(i, "white space before the colon of a field")
	case ':':
		return bad(i, "empty field name")
	case '\r', '\n':
		return bad(i, "line without a colon, or LF without CR")
	}
	return bad(i, "invalid byte in a field name")
}

// badLineEnd names the byte at i, where CR LF should stand.
func badLineEnd(buf []byte, i int, otherwise string) *Error {
	switch buf[i] {
	case '\r':
		return bad(i, "CR without LF")
	case '\n':
		return bad(i, "LF without CR")
	}
	return bad(i, otherwise)
}

// ValidFieldName reports whether s can be sent as a field name: a token (RFC
// 9110, 5.6.2). A method is a token, too.
func ValidFieldName(s string) bool {
	for i := range len(s) {
		if class[s[i]]&tokenByte == 0 {
			return false
		}
	}
	return s != ""
}

// ValidFieldValue reports whether s can be sent as a field value (RFC 9110,
// 5.5): no control characters except tabs. White space around it is lost on
// the way.
func ValidFieldValue(s string) bool {
	for i := range len(s) {
		if class[s[i]]&valueByte == 0 {
			return false
		}
	}
	return true
}

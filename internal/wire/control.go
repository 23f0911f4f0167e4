package wire

import (
	"bytes"
	"math"
	"net/http"
)

// control collects, while fields are read, those that decide where the message
// ends and what becomes of the connection.
type control struct {
	host      []byte
	hosts     int
	length    int64 // -1: no Content-Length
	close     bool  // Connection: close
	keepAlive bool  // Connection: keep-alive
	expect    bool  // Expect: 100-continue

	encoded bool // Transfer-Encoding is present
	chunked int  // times that chunked is listed
	other   bool // another coding is listed
	last    bool // chunked is the last one listed
}

// note looks at one field. It is on the path of every field: names are told
// apart by length first.
func (c *control) note(in section, name, value []byte, offset int) *Error {
	switch len(name) {
	case len("host"):
		if in != responseHead && is(name, "host") {
			return c.noteHost(in, value, offset)
		}
	case len("expect"):
		if in == requestHead && is(name, "expect") {
			c.expect = c.expect || listHas(value, "100-continue")
		}
	case len("connection"):
		if in != trailers && is(name, "connection") {
			c.noteConnection(value)
		}
	case len("content-length"):
		if is(name, "content-length") {
			return c.noteLength(in, value, offset)
		}
	case len("transfer-encoding"):
		if is(name, "transfer-encoding") {
			return c.noteCodings(in, value, offset)
		}
	}
	return nil
}

// is compares a field name with one in lower case that has only letters and
// hyphens. No other tchar becomes one of those with the bit of lower case set.
func is(name []byte, lower string) bool {
	for i := range name {
		if name[i]|0x20 != lower[i] {
			return false
		}
	}
	return true
}

// A framing or routing field in trailers comes after the decisions that it is
// for (RFC 9110, 6.5.1); a recipient that merged it would decide otherwise.
func misplaced(offset int) *Error { return bad(offset, "field that may not stand in trailers") }

func (c *control) noteHost(in section, value []byte, offset int) *Error {
	if in == trailers {
		return misplaced(offset)
	}
	if c.hosts++; c.hosts > 1 {
		return bad(offset, "second Host field")
	}
	if len(value) > 0 && !validHost(value) {
		return bad(offset, "invalid Host field")
	}
	c.host = value
	return nil
}

func (c *control) noteConnection(value []byte) {
	switch {
	case len(value) == len("keep-alive") && is(value, "keep-alive"):
		c.keepAlive = true
	case len(value) == len("close") && is(value, "close"):
		c.close = true
	default:
		c.close = c.close || listHas(value, "close")
		c.keepAlive = c.keepAlive || listHas(value, "keep-alive")
	}
}

// noteLength refuses a second length even if it is the same, as RFC 9110, 8.6
// lets a recipient do.
func (c *control) noteLength(in section, value []byte, offset int) *Error {
	if in == trailers {
		return misplaced(offset)
	}
	if c.length >= 0 {
		return bad(offset, "second Content-Length field")
	}
	if len(value) == 0 {
		return bad(offset, "empty Content-Length field")
	}
	var n int64
	for _, d := range value {
		d -= '0'
		if d > 9 {
			return bad(offset, "Content-Length that is no number")
		}
		if n > (math.MaxInt64-int64(d))/10 {
			return bad(offset, "Content-Length beyond 63 bits")
		}
		n = n*10 + int64(d)
	}
	c.length = n
	return nil
}

func (c *control) noteCodings(in section, value []byte, offset int) *Error {
	if in == trailers {
		return misplaced(offset)
	}
	c.encoded = true
	for len(value) > 0 {
		var coding []byte
		coding, value, _ = bytes.Cut(value, comma)
		name, _, parameters := bytes.Cut(trim(coding), semicolon)
		name = trim(name)
		switch {
		case len(name) == 0 && !parameters: // empty list elements count for nothing (RFC 9110, 5.6.1.2)
		case len(name) == len("chunked") && equalFold(name, "chunked"):
			if parameters {
				return bad(offset, "chunked coding with parameters")
			}
			c.chunked++
			c.last = true
		default:
			c.other = true
			c.last = false
		}
	}
	return nil
}

var comma, semicolon = []byte(","), []byte(";")

// listHas reports whether a comma-separated list has an element, compared
// without regard to case.
func listHas(list []byte, element string) bool {
	for len(list) > 0 {
		var e []byte
		e, list, _ = bytes.Cut(list, comma)
		if e = trim(e); len(e) == len(element) && equalFold(e, element) {
			return true
		}
	}
	return false
}

// framing settles where the body ends, as RFC 9112, 6.3 has it. The fields
// must have been valid; otherwise is the framing if they say nothing.
func (c *control) framing(minor int, otherwise Framing, offset int) (Framing, int64, *Error) {
	switch {
	case !c.encoded && c.length >= 0:
		return Length, c.length, nil
	case !c.encoded && otherwise == UntilClose:
		return UntilClose, -1, nil
	case !c.encoded:
		return NoBody, 0, nil
	case minor == 0: // 6.1
		return 0, 0, bad(offset, "Transfer-Encoding in HTTP/1.0")
	case c.length >= 0:
		return 0, 0, bad(offset, "both Transfer-Encoding and Content-Length")
	case !c.last:
		return 0, 0, bad(offset, "transfer codings that do not end in chunked")
	case c.chunked > 1:
		return 0, 0, bad(offset, "chunked coding applied twice")
	case c.other:
		return 0, 0, &Error{http.StatusNotImplemented, "transfer coding other than chunked", offset}
	}
	return Chunked, -1, nil
}

// closes reports whether the connection ends after the message (RFC 9112, 9.3).
func (c *control) closes(minor int) bool {
	return c.close || minor == 0 && !c.keepAlive
}

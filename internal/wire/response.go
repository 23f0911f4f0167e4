package wire

import "net/http"

// A Response is the head of a response. Its slices point into the buffer it
// was parsed from and are valid as long as that is unchanged.
type Response struct {
	Status int // 100 to 999
	Minor  int // HTTP/1.<Minor>
	Reason []byte
	Fields []Field // reused between parses: its capacity is kept
	// Framing is NoBody for the answer to HEAD and for 1xx, 204 and 304.
	Framing Framing
	// Length is the number of bytes of the body, 0 for NoBody, -1 if only the
	// end will tell. In the answer to HEAD it is the Content-Length that GET
	// would have had, -1 if not said.
	Length int64
	// Close says that the connection ends after this exchange (RFC 9112, 9.3).
	Close bool
}

// ParseResponse reads one response head from the start of buf; n and err are as
// in [ParseRequest]. head says that the request was a HEAD. An interim (1xx)
// response is a response of its own, with the final one behind it; after 101,
// and after a 2xx to CONNECT, what follows is no HTTP.
func ParseResponse(buf []byte, r *Response, head bool, lim Limits) (n int, err error) {
	lim = lim.orDefaults()
	if len(buf) > lim.Head {
		buf = buf[:lim.Head]
	}
	r.Fields = r.Fields[:0]
	n, e := r.parse(buf, head, lim)
	if n == 0 && e == nil && len(buf) == lim.Head {
		e = &Error{http.StatusRequestHeaderFieldsTooLarge, "head longer than the limit", len(buf)}
	}
	if e != nil {
		return 0, e
	}
	return n, nil
}

func (r *Response) parse(buf []byte, head bool, lim Limits) (int, *Error) {
	if !lim.worthParsing(buf, 0) {
		return 0, nil
	}
	i, err := r.parseLine(buf)
	if i == 0 {
		return 0, err
	}
	c := control{length: -1}
	i, err = readFields(buf, i, responseHead, &r.Fields, lim.Fields, &c)
	if i == 0 {
		return 0, err
	}
	return i, r.settle(&c, head, lim, i)
}

// parseLine reads HTTP-version SP status-code SP [ reason-phrase ] CRLF. The
// second space may be missing with the reason, as servers do it: nothing is
// ambiguous then.
func (r *Response) parseLine(buf []byte) (int, *Error) {
	minor, err := parseVersion(buf, 0)
	if minor < 0 {
		return 0, err
	}
	r.Minor = minor
	i := len("HTTP/1.1")
	if i < len(buf) && buf[i] != ' ' {
		return 0, bad(i, "no space after the version")
	}
	i++
	r.Status = 0
	for end := i + 3; i < end; i++ {
		if i >= len(buf) {
			return 0, nil
		}
		d := buf[i] - '0'
		if d > 9 || d == 0 && i == end-3 {
			return 0, bad(i, "status code that is not from 100 to 999")
		}
		r.Status = r.Status*10 + int(d)
	}
	if i < len(buf) && buf[i] != ' ' && buf[i] != '\r' {
		return 0, bad(i, "no space after the status code")
	}
	start := i
	i = valueEnd(buf, i)
	if i+1 >= len(buf) && (i == len(buf) || buf[i] == '\r') {
		return 0, nil
	}
	if buf[i] != '\r' || buf[i+1] != '\n' {
		return 0, badLineEnd(buf, i, "invalid byte in the reason phrase")
	}
	r.Reason = buf[min(start+1, i):i]
	return i + 2, nil
}

// settle decides what the head as a whole means; offset is its end.
func (r *Response) settle(c *control, head bool, lim Limits, offset int) (err *Error) {
	r.Close = c.closes(r.Minor)
	if r.Framing, r.Length, err = c.framing(r.Minor, UntilClose, offset); err != nil {
		return err
	}
	switch {
	case head:
		r.Framing = NoBody
	case r.Status < 200 || r.Status == http.StatusNoContent || r.Status == http.StatusNotModified:
		r.Framing, r.Length = NoBody, 0
	case r.Framing == UntilClose:
		r.Close = true
	}
	if lim.Body > 0 && r.Framing == Length && r.Length > lim.Body {
		return &Error{http.StatusRequestEntityTooLarge, "Content-Length above the limit", offset}
	}
	return nil
}

package wire

import "net/http"

// A Request is the head of a request. Its slices point into the buffer it was
// parsed from and are valid as long as that is unchanged.
type Request struct {
	Method []byte
	// Target is as written: in origin-form, absolute-form, authority-form
	// (CONNECT) or "*" (OPTIONS). It is visible ASCII without a fragment;
	// whether its percent-encoding is sound is left to who decodes it.
	Target  []byte
	Minor   int     // HTTP/1.<Minor>
	Fields  []Field // reused between parses: its capacity is kept
	Framing Framing // never UntilClose
	// Length is the number of bytes of the body, 0 for NoBody, -1 for Chunked.
	Length int64
	// Host is the authority asked for: from the target if that names one, which
	// RFC 9112, 3.2.2 puts above the Host field. It may be empty.
	Host []byte
	// Close says that the connection ends after this exchange (RFC 9112, 9.3).
	Close bool
	// Expect100 says that the client waits for a 100 response before it sends
	// the body that it announced (RFC 9110, 10.1.1).
	Expect100 bool
}

// ParseRequest reads one request head from the start of buf. If n > 0, the
// head took n bytes, and the body starts at buf[n]. If n is 0 with a nil
// error, buf holds no whole head yet: call again with the same bytes and more
// behind them. An error is an [*Error]; its Status is to be answered and the
// connection closed. Unless n > 0, what r holds means nothing.
//
// Empty lines before the request line are skipped (RFC 9112, 2.2). A head is
// parsed anew at each call while it is shorter than 1 KiB; beyond, only its
// end is looked for.
func ParseRequest(buf []byte, r *Request, lim Limits) (n int, err error) {
	lim = lim.orDefaults()
	if len(buf) > lim.Head {
		buf = buf[:lim.Head]
	}
	r.Method, r.Target, r.Fields = nil, nil, r.Fields[:0]
	n, e := r.parse(buf, lim)
	if n == 0 && e == nil && len(buf) == lim.Head {
		e = r.tooLong(buf)
	}
	if e != nil {
		return 0, e
	}
	return n, nil
}

func (r *Request) parse(buf []byte, lim Limits) (int, *Error) {
	i := 0
	for i < len(buf) && buf[i] == '\r' {
		if i+1 == len(buf) {
			return 0, nil
		}
		if buf[i+1] != '\n' {
			return 0, bad(i, "CR without LF")
		}
		i += 2
	}
	if !lim.worthParsing(buf, i) {
		return 0, nil
	}
	i, err := r.parseLine(buf, i)
	if i == 0 {
		return 0, err
	}
	c := control{length: -1}
	i, err = readFields(buf, i, requestHead, &r.Fields, lim.Fields, &c)
	if i == 0 {
		return 0, err
	}
	return i, r.settle(&c, lim, i)
}

// parseLine reads method SP request-target SP HTTP-version CRLF. Recipients
// may split the line at any white space (RFC 9112, 3); doing so is a way to
// see another target than the next one does.
func (r *Request) parseLine(buf []byte, i int) (int, *Error) {
	start := i
	i = tokenEnd(buf, i)
	if i == len(buf) {
		return 0, nil
	}
	if i == start || buf[i] != ' ' {
		return 0, bad(i, "invalid byte in the method")
	}
	r.Method = buf[start:i]
	start = i + 1
	i = targetEnd(buf, start)
	if i == len(buf) {
		return 0, nil
	}
	if i == start || buf[i] != ' ' {
		return 0, bad(i, "invalid byte in the request target, or no version after it")
	}
	r.Target = buf[start:i]
	i++
	minor, err := parseVersion(buf, i)
	if minor < 0 {
		return 0, err
	}
	r.Minor = minor
	i += len("HTTP/1.1")
	if i+1 >= len(buf) && (i == len(buf) || buf[i] == '\r') {
		return 0, nil
	}
	if buf[i] != '\r' || buf[i+1] != '\n' {
		return 0, badLineEnd(buf, i, "something after the version")
	}
	return i + 2, nil
}

// settle decides what the head as a whole means; offset is its end.
func (r *Request) settle(c *control, lim Limits, offset int) (err *Error) {
	if c.hosts == 0 && r.Minor > 0 {
		return bad(offset, "no Host field")
	}
	authority, ok := targetAuthority(r.Method, r.Target)
	if !ok {
		return bad(offset, "request target of no known form")
	}
	r.Host = c.host
	if authority != nil {
		r.Host = authority
	}
	if r.Framing, r.Length, err = c.framing(r.Minor, NoBody, offset); err != nil {
		return err
	}
	if lim.Body > 0 && r.Length > lim.Body {
		return &Error{http.StatusRequestEntityTooLarge, "Content-Length above the limit", offset}
	}
	r.Close = c.closes(r.Minor)
	r.Expect100 = c.expect && r.Minor > 0 && r.Length != 0
	return nil
}

// tooLong picks the status for a head that is as long as is allowed and has
// not ended (RFC 9112, 3 and RFC 6585, 5).
func (r *Request) tooLong(buf []byte) *Error {
	offset := len(buf)
	switch {
	case r.Method == nil && class[buf[offset-1]]&tokenByte == 0:
		return bad(offset, "nothing but empty lines")
	case r.Method == nil:
		return &Error{http.StatusNotImplemented, "method as long as the limit for heads", offset}
	case r.Target == nil:
		return &Error{http.StatusRequestURITooLong, "request target as long as the limit for heads", offset}
	}
	return &Error{http.StatusRequestHeaderFieldsTooLarge, "head longer than the limit", offset}
}

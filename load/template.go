package load

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/plimsoll-dev/plimsoll/internal/redact"
	"github.com/plimsoll-dev/plimsoll/internal/wire"
)

// template is a route's request, ready to be written.
type template struct {
	bytes      []byte
	seed       int  // where the 16 digits of the seed stand; 0: nowhere
	head       bool // HEAD: the response has no body
	idempotent bool // may be sent twice (RFC 9110, 9.2.2)
}

// owned are the fields that the client writes itself.
var owned = map[string]string{
	"host":                      "it follows from the target",
	"content-length":            "it follows from the body",
	"transfer-encoding":         "the body is sent with its length",
	"connection":                "connections are kept as HTTP/1.1 does",
	"expect":                    "the body is sent at once",
	"upgrade":                   "only HTTP/1.1 is spoken",
	strings.ToLower(SeedHeader): "it carries the request's seed",
}

func newTemplate(r *Route, host string, seed bool) (template, error) {
	bad := func(format string, a ...any) (template, error) {
		return template{}, fmt.Errorf("load: route %s: %s", r.Name, fmt.Sprintf(format, a...))
	}
	if !wire.ValidFieldName(r.Method) { // both are a token, RFC 9110, 9.1
		return bad("method %q is not a token; write GET or POST", r.Method)
	}
	if r.Method == "CONNECT" {
		return bad("CONNECT makes a tunnel, which this client does not")
	}
	if !strings.HasPrefix(r.Path, "/") {
		return bad("path %q does not begin with '/'; write /%s", redact.Path(r.Path), redact.Path(r.Path))
	}
	for _, c := range []byte(r.Path) {
		if c <= ' ' || c >= 0x7f || c == '#' {
			return bad("path %q has %q in it; write it as %%%02X", redact.Path(r.Path), c, c)
		}
	}
	b := wire.AppendRequestLine(nil, r.Method, r.Path)
	b = wire.AppendField(b, "Host", host)
	var t template
	if seed {
		b = append(b, SeedHeader+": "...)
		t.seed = len(b)
		b = append(b, "0000000000000000\r\n"...)
	}
	agent := true
	for _, h := range r.Header {
		switch why := owned[strings.ToLower(h.Name)]; {
		case why != "":
			return bad("header %s cannot be set: %s", h.Name, why)
		case !wire.ValidFieldName(h.Name):
			return bad("header name %q is not a token; write letters, digits and '-'", h.Name)
		case !wire.ValidFieldValue(h.Value):
			return bad("the value of header %s has a control character in it", h.Name)
		}
		agent = agent && !strings.EqualFold(h.Name, "User-Agent")
		b = wire.AppendField(b, h.Name, h.Value)
	}
	if agent {
		b = wire.AppendField(b, "User-Agent", "plimsoll")
	}
	switch r.Method {
	case "POST", "PUT", "PATCH": // a length is expected even of an empty body (RFC 9110, 8.6)
		b = wire.AppendField(b, "Content-Length", strconv.Itoa(len(r.Body)))
	default:
		if len(r.Body) > 0 {
			b = wire.AppendField(b, "Content-Length", strconv.Itoa(len(r.Body)))
		}
	}
	t.bytes = append(append(b, "\r\n"...), r.Body...)
	t.head = r.Method == "HEAD"
	switch r.Method {
	case "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE":
		t.idempotent = true
	}
	return t, nil
}

// patch writes the request's seed into the bytes.
func (t *template) patch(seed uint64) {
	if t.seed == 0 {
		return
	}
	const digits = "0123456789abcdef"
	p := t.bytes[t.seed : t.seed+16]
	for i := len(p) - 1; i >= 0; i-- {
		p[i] = digits[seed&15]
		seed >>= 4
	}
}

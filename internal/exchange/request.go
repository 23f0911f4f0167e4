package exchange

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/plimsoll-dev/plimsoll/internal/wire"
)

// exchange is what a handler may keep of one request, in one allocation. It
// is never reused.
type exchange struct {
	req http.Request
	url url.URL
	w   response
}

// blank is what a Request is copied from to get a context into it.
var blank http.Request

// build makes the Request out of the head that was read. The head's target
// is in x already.
func (c *Conn) build(ctx context.Context, x *exchange) *body {
	head := &c.b.head
	r := &x.req
	requestURI := r.RequestURI
	*r = *blank.WithContext(ctx)
	r.RequestURI = requestURI
	r.Method = methodName(head.Method)
	r.URL = &x.url
	r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/1.1", 1, 1
	if head.Minor == 0 {
		r.Proto, r.ProtoMinor = "HTTP/1.0", 0
	}
	r.Close = head.Close
	r.RemoteAddr = c.peer()
	r.Header = c.header(r, head)
	if r.URL.Host != "" {
		r.Host = r.URL.Host
	}
	r.Body = http.NoBody
	switch head.Framing {
	case wire.Chunked:
		r.TransferEncoding = []string{"chunked"}
		r.ContentLength = -1
		if names := r.Header["Trailer"]; names != nil {
			delete(r.Header, "Trailer")
			for _, key := range trailerNames(names) {
				if r.Trailer == nil {
					r.Trailer = make(http.Header)
				}
				r.Trailer[key] = nil
			}
		}
	case wire.Length:
		r.ContentLength = head.Length
	}
	if r.ContentLength == 0 {
		return nil
	}
	b := &body{in: &c.b.input, req: r, w: &x.w, cfg: c.cfg}
	b.left.Store(r.ContentLength)
	b.decoder.Reset(head.Framing, head.Length, c.cfg.Limits)
	r.Body = b
	return b
}

// header makes the Header. The fields Host and Transfer-Encoding are not part
// of it: net/http has them in Request.Host and Request.TransferEncoding.
func (c *Conn) header(r *http.Request, head *wire.Request) http.Header {
	h := make(http.Header, len(head.Fields))
	var values []string // one allocation for all
	for i, f := range head.Fields {
		key, value := c.seen.field(i, f)
		switch key {
		case "Host":
			r.Host = value
			continue
		case "Transfer-Encoding":
			continue
		}
		if more, ok := h[key]; ok {
			h[key] = append(more, value)
			continue
		}
		if values == nil {
			values = make([]string, 0, len(head.Fields)-i)
		}
		values = append(values, value)
		h[key] = values[len(values)-1:][:1:1]
	}
	// RFC 9111, 5.4, as net/http does it.
	if p := h["Pragma"]; len(p) > 0 && p[0] == "no-cache" {
		if _, ok := h["Cache-Control"]; !ok {
			h["Cache-Control"] = []string{"no-cache"}
		}
	}
	return h
}

func (c *Conn) peer() string {
	if c.remote == "" {
		if a := c.t.RemoteAddr(); a != nil {
			c.remote = a.String()
		}
	}
	return c.remote
}

// trailerNames returns the elements of Trailer fields in canonical form.
func trailerNames(values []string) []string {
	var names []string
	for _, v := range values {
		for name := range strings.SplitSeq(v, ",") {
			if name = strings.Trim(name, " \t"); name != "" {
				names = append(names, http.CanonicalHeaderKey(name))
			}
		}
	}
	return names
}

func methodName(m []byte) string {
	switch string(m) {
	case http.MethodGet:
		return http.MethodGet
	case http.MethodHead:
		return http.MethodHead
	case http.MethodPost:
		return http.MethodPost
	case http.MethodPut:
		return http.MethodPut
	case http.MethodDelete:
		return http.MethodDelete
	case http.MethodPatch:
		return http.MethodPatch
	case http.MethodOptions:
		return http.MethodOptions
	}
	return string(m)
}

package exchange

import (
	"net/textproto"

	"github.com/plimsoll-dev/plimsoll/internal/wire"
)

// commonNames are field names that need not be allocated, in the form of
// [textproto.CanonicalMIMEHeaderKey].
var commonNames = func() map[string]string {
	m := make(map[string]string)
	for _, n := range []string{
		"Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language", "Accept-Ranges",
		"Authorization", "Cache-Control", "Connection", "Content-Disposition", "Content-Encoding",
		"Content-Language", "Content-Length", "Content-Type", "Cookie", "Date", "Dnt", "Etag", "Expect",
		"Forwarded", "From", "Host", "If-Match", "If-Modified-Since", "If-None-Match", "If-Range",
		"If-Unmodified-Since", "Keep-Alive", "Last-Modified", "Max-Forwards", "Origin", "Pragma",
		"Priority", "Proxy-Authorization", "Proxy-Connection", "Range", "Referer", "Sec-Ch-Ua",
		"Sec-Ch-Ua-Mobile", "Sec-Ch-Ua-Platform", "Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site",
		"Sec-Fetch-User", "Sec-Websocket-Extensions", "Sec-Websocket-Key", "Sec-Websocket-Protocol",
		"Sec-Websocket-Version", "Te", "Traceparent", "Tracestate", "Trailer", "Transfer-Encoding",
		"Upgrade", "Upgrade-Insecure-Requests", "User-Agent", "Via", "Warning", "X-Correlation-Id",
		"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Proto", "X-Real-Ip",
		"X-Request-Id", "X-Requested-With",
	} {
		m[n] = textproto.CanonicalMIMEHeaderKey(n)
	}
	return m
}()

// canonical returns the canonical form of a field name, which is a token.
func canonical(name []byte) string {
	var array [64]byte
	b := append(array[:0], name...)
	upper := true
	for i, c := range b {
		switch {
		case upper && 'a' <= c && c <= 'z':
			b[i] = c - ('a' - 'A')
		case !upper && 'A' <= c && c <= 'Z':
			b[i] = c + ('a' - 'A')
		}
		upper = c == '-'
	}
	if s, ok := commonNames[string(b)]; ok {
		return s
	}
	return string(b)
}

// seen remembers strings of the previous head on a connection: clients send
// the same ones with every request, and strings may be shared by all of them.
// Its size is bounded, because an idle connection keeps it.
type seen struct {
	target string
	fields []seenField
}

type seenField struct{ name, key, value string }

const (
	seenFields = 8
	seenLength = 64 // bytes of a string that is kept
)

// field returns the canonical name and the value of the i-th field.
func (s *seen) field(i int, f wire.Field) (key, value string) {
	if i >= seenFields || len(f.Name) > seenLength || len(f.Value) > seenLength {
		return canonical(f.Name), string(f.Value)
	}
	if i >= len(s.fields) {
		s.fields = append(s.fields, seenField{})
		i = len(s.fields) - 1
	}
	e := &s.fields[i]
	if e.name != string(f.Name) {
		e.key = canonical(f.Name)
		if e.name = e.key; e.key != string(f.Name) {
			e.name = string(f.Name)
		}
	}
	if e.value != string(f.Value) {
		e.value = string(f.Value)
	}
	return e.key, e.value
}

// path returns the request target.
func (s *seen) path(target []byte) string {
	if s.target == string(target) {
		return s.target
	}
	t := string(target)
	if len(t) <= 2*seenLength {
		s.target = t
	}
	return t
}

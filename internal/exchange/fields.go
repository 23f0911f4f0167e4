package exchange

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-dev/plimsoll/internal/wire"
)

// fields is what the handler's fields say about framing and connection, which
// is decided, and written, only at commit.
type fields struct {
	coding     []string // Transfer-Encoding
	connection []string
	trailers   []string // announced in Trailer
	prefixed   bool     // a key with http.TrailerPrefix is present
	date       bool     // Date, Content-Type and Content-Encoding are set; to nothing, maybe
	typed      bool
	encoded    bool
	upgrade    bool
	sized      bool // Content-Length is set, and sound
}

// takeHeader appends the status line and all fields to out that are certain
// by now, and notes the others. The handler may change the map afterwards
// without an effect on what is sent, and nothing was copied for that.
func (w *response) takeHeader() {
	d := &w.declared
	w.length = -1
	out := appendStatus(w.b.out, w.status, w.minor)
	for _, key := range sortedKeys(w.hdr, new(keys)) {
		values := w.hdr[key]
		switch key {
		case "Connection":
			d.connection = values
			continue
		case "Transfer-Encoding":
			d.coding = values
			continue
		case "Content-Length":
			w.takeLength(first(values))
			continue
		case "Content-Type":
			d.typed = true
			if w.status == http.StatusNotModified {
				continue
			}
		case "Content-Encoding":
			d.encoded = first(values) != ""
		case "Date":
			d.date = true
		case "Upgrade":
			d.upgrade = true
		case "Trailer":
			for _, name := range trailerNames(values) {
				if validTrailer(name) {
					d.trailers = append(d.trailers, name)
				}
			}
		default:
			if strings.HasPrefix(key, http.TrailerPrefix) {
				d.prefixed = true
				continue
			}
			if framing(key) {
				continue // not in canonical form, so that it would escape commit
			}
		}
		out = appendFields(out, key, values)
	}
	w.b.out = out
}

func (w *response) takeLength(text string) {
	if text == "" {
		return
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		w.c.cfg.logf("exchange: invalid Content-Length %q (%s %s)", text, w.req.Method, w.req.URL.Path)
		return
	}
	w.length = n
	w.declared.sized = true
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// framing reports whether a key names one of the fields that delimit messages.
func framing(key string) bool {
	return len(key) == len("content-length") && strings.EqualFold(key, "content-length") ||
		len(key) == len("transfer-encoding") && strings.EqualFold(key, "transfer-encoding")
}

// appendStatus appends the status line in the version of the request, as
// net/http does.
func appendStatus(dst []byte, status int, minor uint8) []byte {
	start := len(dst)
	dst = wire.AppendStatusLine(dst, status)
	if minor == 0 {
		dst[start+len("HTTP/1.")] = '0'
	}
	return dst
}

// appendFields appends one line for each value. A name that is no token is
// dropped; in values, bytes that could end the line, or that recipients
// disagree about, become spaces: nothing a handler sets splits a response.
func appendFields(dst []byte, key string, values []string) []byte {
	if len(values) == 0 || !wire.ValidFieldName(key) {
		return dst
	}
	for _, v := range values {
		if !wire.ValidFieldValue(v) {
			v = sanitised(v)
		}
		dst = wire.AppendField(dst, key, strings.Trim(v, " \t"))
	}
	return dst
}

func sanitised(v string) string {
	b := []byte(v)
	for i, c := range b {
		if c < ' ' && c != '\t' || c == 0x7f {
			b[i] = ' '
		}
	}
	return string(b)
}

// keys has room for the keys of most responses.
type keys [16]string

// sortedKeys returns h's keys in order, so that equal responses are equal
// bytes.
func sortedKeys(h http.Header, room *keys) []string {
	if len(h) == 0 {
		return nil
	}
	s := room[:0]
	for k := range h {
		s = append(s, k)
	}
	slices.Sort(s)
	return s
}

// hasToken reports whether the list has the token, compared without regard to
// case.
func hasToken(values []string, token string) bool {
	for _, v := range values {
		for e := range strings.SplitSeq(v, ",") {
			if strings.EqualFold(strings.Trim(e, " \t"), token) {
				return true
			}
		}
	}
	return false
}

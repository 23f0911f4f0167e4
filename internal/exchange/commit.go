package exchange

import (
	"net/http"
	"strings"

	"github.com/plimsoll-dev/plimsoll/internal/wire"
)

// commit decides how the body ends and what becomes of the connection, and
// completes the head in out. p is the first piece of the body: all of it, if
// the handler has returned. The decisions, and their order, are those of
// net/http (chunkWriter.writeHeader).
func (w *response) commit(p []byte) {
	if w.committed {
		return
	}
	d := &w.declared
	coding := first(d.coding)
	allowed := bodyAllowed(w.status)
	trailers := d.prefixed || len(d.trailers) > 0
	computed := w.finishing && !trailers && coding == "" && allowed && !d.sized && (!w.head || len(p) > 0)
	if computed {
		w.length = int64(len(p))
	}
	keepAlive := w.decideConnection(allowed)
	w.consume()

	out := w.b.out
	if !d.date {
		out = appendDate(out)
	}
	if allowed && !d.typed && !d.encoded && coding == "" && len(p) > 0 {
		out = wire.AppendField(out, "Content-Type", http.DetectContentType(p))
	}
	if w.length >= 0 && coding != "" && coding != "identity" {
		w.c.cfg.logf("exchange: both Transfer-Encoding %q and Content-Length set (%s %s)", coding, w.req.Method, w.req.URL.Path)
		w.length = -1
	}
	switch {
	case w.head || !allowed:
	case w.length >= 0:
	case w.minor == 0 || coding == "identity":
		w.last = true // the body ends with the connection
	default:
		w.chunked = true
		if coding != "" && coding != "chunked" {
			out = appendFields(out, "Transfer-Encoding", d.coding)
		}
		out = append(out, "Transfer-Encoding: chunked\r\n"...)
	}
	if allowed && w.length >= 0 {
		out = wire.AppendLength(out, w.length)
	}
	w.b.out = append(w.appendConnection(out, keepAlive), "\r\n"...)
	w.committed = true
}

// decideConnection sets last where the connection ends after this response,
// and reports whether the client is to be told that it does not.
func (w *response) decideConnection(allowed bool) (tell bool) {
	d := &w.declared
	if w.keep10 && !w.last && (w.head || w.length >= 0 || !allowed) {
		tell = d.connection == nil
	} else if w.minor == 0 {
		w.last = true
	}
	if hasToken(d.connection, "close") {
		w.last = true
	}
	return tell
}

// consume reads what is left of the request body before the response begins:
// a client that sends everything before it reads would wait for us, and we
// for it (golang.org/issue/15527). EnableFullDuplex turns it off. A body that
// is too long, or unreadable, or being read by another goroutine, ends the
// connection instead.
func (w *response) consume() {
	b := w.body
	switch {
	case b == nil || b.ended.Load():
	case w.expect.Load() != expectNothing:
		w.last = true // whether the body will come, nobody can tell
	case w.last || w.duplex:
	case b.left.Load() >= drainLimit:
		w.last = true // the handler may still read it
	case !b.close() || !b.drain():
		w.last = true
	}
}

// appendConnection appends the Connection field.
func (w *response) appendConnection(out []byte, keepAlive bool) []byte {
	d := &w.declared
	switching := w.status == http.StatusSwitchingProtocols && d.upgrade
	switch {
	case !w.last && keepAlive:
		return append(out, "Connection: keep-alive\r\n"...)
	case !w.last || switching || hasToken(d.connection, "close"):
		return appendFields(out, "Connection", d.connection)
	case w.minor > 0:
		return append(out, "Connection: close\r\n"...)
	}
	return out
}

// endChunks appends the last chunk with the trailers: those announced in
// Trailer, and those whose keys begin with http.TrailerPrefix.
func (w *response) endChunks() {
	out := append(w.b.out, "0\r\n"...)
	for _, key := range sortedKeys(w.hdr, new(keys)) {
		if name, ok := strings.CutPrefix(key, http.TrailerPrefix); ok && !framing(name) {
			out = appendFields(out, name, w.hdr[key])
		}
	}
	for _, name := range w.declared.trailers {
		out = appendFields(out, name, w.hdr[name])
	}
	w.b.out = append(out, "\r\n"...)
}

// validTrailer reports whether a field may stand in trailers: not one that
// frames, routes, authenticates or controls (RFC 9110, 6.5.1); the list is
// that of golang.org/x/net/http/httpguts.
func validTrailer(name string) bool {
	if strings.HasPrefix(name, "If-") {
		return false
	}
	switch name {
	case "Authorization", "Cache-Control", "Connection", "Content-Encoding", "Content-Length",
		"Content-Range", "Content-Type", "Expect", "Host", "Keep-Alive", "Max-Forwards", "Pragma",
		"Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "Range", "Realm", "Te",
		"Trailer", "Transfer-Encoding", "Www-Authenticate":
		return false
	}
	return true
}

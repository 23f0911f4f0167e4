package exchange

import (
	"net/http"
	"strconv"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/wire"
)

// answer writes a whole response of the server's own, the last one on this
// connection, in one Write. reason is not taken from what the client sent.
func (c *Conn) answer(status int, head bool, reason string, retryAfter time.Duration) {
	b := c.buffers()
	text := strconv.Itoa(status) + " " + http.StatusText(status)
	if reason != "" {
		text += ": " + reason
	}
	out := wire.AppendStatusLine(b.out[:0], status)
	out = appendDate(out)
	out = wire.AppendField(out, "Content-Type", "text/plain; charset=utf-8")
	out = wire.AppendField(out, "Content-Length", strconv.Itoa(len(text)))
	if retryAfter > 0 {
		seconds := (retryAfter + time.Second - 1) / time.Second
		out = wire.AppendField(out, "Retry-After", strconv.FormatInt(int64(seconds), 10))
	}
	out = append(out, "Connection: close\r\n\r\n"...)
	if !head {
		out = append(out, text...)
	}
	b.out = out[:0]
	_ = c.write(out) // who cannot be told has gone
}

package upstream

import (
	"bytes"
	"fmt"
	"math"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/wire"
)

const (
	maxHold  = time.Hour
	maxNames = 256 // names have accounts for ever, so a client must not make them up
	maxName  = 64
)

// example ends every complaint about a request.
const example = "write GET /<name>?us=<microseconds>, such as GET /payment?us=180000"

// parse reads what a request asks for. problem, if not empty, is for the
// client to read.
func parse(r *wire.Request) (name []byte, hold time.Duration, problem string) {
	if string(r.Method) != "GET" {
		return nil, 0, fmt.Sprintf("method %s is not served: %s", r.Method, example)
	}
	if r.Framing != wire.NoBody && r.Length != 0 {
		return nil, 0, "a request has no body here: leave out Content-Length and Transfer-Encoding"
	}
	path, query, _ := bytes.Cut(r.Target, []byte("?"))
	if len(path) < 2 || path[0] != '/' || len(path)-1 > maxName || !isName(path[1:]) {
		return nil, 0, fmt.Sprintf("path %.80q does not name an upstream (1 to %d letters, digits, '.', '_' or '-'): %s", path, maxName, example)
	}
	value, ok := bytes.CutPrefix(query, []byte("us="))
	if !ok {
		return nil, 0, fmt.Sprintf("query %.80q does not say how long to wait: %s", query, example)
	}
	us, ok := digits(value)
	if !ok || us > maxHold.Microseconds() {
		return nil, 0, fmt.Sprintf("us=%.80q is not a whole number of microseconds from 0 to %d: %s", value, maxHold.Microseconds(), example)
	}
	return path[1:], time.Duration(us) * time.Microsecond, ""
}

func isName(p []byte) bool {
	for _, c := range p {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}

// digits reads a decimal number; strconv would need a string.
func digits(p []byte) (int64, bool) {
	var n int64
	for _, c := range p {
		if c < '0' || c > '9' || n > math.MaxInt64/10-1 {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, len(p) > 0
}

package upstream

import (
	"strconv"

	"github.com/plimsoll-dev/plimsoll/internal/wire"
)

// persistence is what a response says about its connection.
type persistence int

const (
	stays     persistence = iota // HTTP/1.1's default: nothing needs to be said
	staysSaid                    // an HTTP/1.0 client asked for it
	closes
)

func persistenceAfter(r *wire.Request) persistence {
	switch {
	case r.Close:
		return closes
	case r.Minor == 0:
		return staysSaid
	}
	return stays
}

// answers are the responses to requests that were held.
var answers = [...][]byte{
	stays:     response(200, stays, "ok\n"),
	staysSaid: response(200, staysSaid, "ok\n"),
	closes:    response(200, closes, "ok\n"),
}

func response(status int, p persistence, body string) []byte {
	b := wire.AppendStatusLine(nil, status)
	b = wire.AppendField(b, "Content-Type", "text/plain; charset=utf-8")
	b = wire.AppendField(b, "Content-Length", strconv.Itoa(len(body)))
	switch p {
	case staysSaid:
		b = wire.AppendField(b, "Connection", "keep-alive")
	case closes:
		b = wire.AppendField(b, "Connection", "close")
	}
	b = append(b, "\r\n"...)
	return append(b, body...)
}

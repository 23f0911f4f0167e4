package httpclient

import (
	"context"
	"fmt"
	"io"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/wire"
)

// Get fetches a target ("/charge?ms=20") from a server ("127.0.0.1:9000") and
// returns the status and the whole body, in buf if it fits. On a connection
// that is kept alive it allocates nothing. It waits for as long as it takes; a
// request that must be given up is for [Client.Do].
//
// A request that found its kept connection closed by the server is sent once
// more, on a new one.
func (c *Client) Get(t engine.Task, address, target string, buf []byte) (status int, body []byte, err error) {
	if !validTarget(target) {
		return 0, nil, fmt.Errorf("httpclient: target %q: it begins with '/' and has no white space; escape it", target)
	}
	if cn := c.take(t, address); cn != nil {
		status, body, lost, err := c.get(cn, address, target, buf)
		if !lost {
			return status, body, err
		}
	}
	cn, err := c.dial(context.Background(), t, address)
	if err != nil {
		return 0, nil, wrap("GET", address, err)
	}
	status, body, _, err = c.get(cn, address, target, buf)
	return status, body, err
}

func (c *Client) get(cn *conn, address, target string, buf []byte) (status int, body []byte, lost bool, err error) {
	trip := newTrip(cn, c.Limits)
	keep := false
	defer func() { // also if an engine unwinds the task
		trip.free()
		if keep {
			c.put(cn)
		} else {
			cn.Close()
		}
	}()
	trip.out = wire.AppendRequestLine(trip.out, "GET", target)
	trip.out = wire.AppendField(trip.out, "Host", address)
	trip.out = append(trip.out, "\r\n"...)
	if _, err = cn.Write(trip.out); err == nil {
		err = trip.readHead(false)
	}
	if err != nil {
		return 0, nil, trip.lost(err), wrap("GET", address, err)
	}
	status, body = trip.head.Status, buf[:0]
	for {
		data, err := trip.next()
		body = append(body, data...)
		if err == io.EOF {
			break
		}
		if err != nil {
			return status, body, false, wrap("GET", address, err)
		}
	}
	keep = trip.reusable()
	return status, body, false, nil
}

// validTarget refuses what would change the meaning of the request's bytes.
func validTarget(target string) bool {
	for i := range len(target) {
		if target[i] <= ' ' || target[i] == 0x7f {
			return false
		}
	}
	return len(target) > 0 && target[0] == '/'
}

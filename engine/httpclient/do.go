package httpclient

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/peek"
)

// Do sends a request and returns the answer as soon as its head is there. The
// body is streamed: read it to the end and close it, on the same task, inside
// the same verb. A connection goes back to the pool when its body was read to
// the end; closed before, it is closed.
//
// The request's context bounds all of it, the body included: its deadline and
// its end become deadlines of the connection. The error is then the
// context's.
//
// A request that found its kept connection closed by the server is sent once
// more, on a new one, if it may be repeated: its method is idempotent (RFC
// 9110, 9.2.2) and its body none or to be had again by GetBody.
func (c *Client) Do(t engine.Task, req *http.Request) (*http.Response, error) {
	address, err := check(req)
	if err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	}
	res, err := c.do(t, req, address)
	if err != nil {
		return nil, wrap(method(req), address, err)
	}
	return res, nil
}

func (c *Client) do(t engine.Task, req *http.Request, address string) (*http.Response, error) {
	ctx := req.Context()
	if err := ctx.Err(); err != nil {
		closeBody(req)
		return nil, err
	}
	cn := c.take(t, address)
	if cn != nil && !repeatable(req) {
		// It could not be sent again once it is found out by sending.
		if ended, _ := peek.Ended(cn.Conn); ended {
			cn.Close()
			cn = nil
		}
	}
	if cn != nil {
		res, lost, err := c.send(ctx, cn, req)
		if !lost || !repeatable(req) {
			return res, err
		}
		if req, err = again(req); err != nil {
			return nil, err
		}
	}
	cn, err := c.dial(ctx, t, address)
	if err != nil {
		closeBody(req)
		return nil, cause(ctx, err)
	}
	res, _, err := c.send(ctx, cn, req)
	return res, err
}

// send sends req on cn, which it owns from here.
func (c *Client) send(ctx context.Context, cn *conn, req *http.Request) (_ *http.Response, lost bool, err error) {
	trip := newTrip(cn, c.Limits)
	b := &body{client: c, trip: trip, ctx: ctx, method: method(req)}
	b.bound()
	handedOver := false
	defer func() { // also if an engine unwinds the task
		if !handedOver {
			b.end(false)
		}
	}()
	wrote := trip.writeRequest(req)
	if isTimeout(wrote) || errors.As(wrote, new(bodyError)) {
		return nil, false, cause(ctx, wrote) // the server still waits for the rest
	}
	// A server may answer and stop reading: 413 to a large body. So the
	// answer counts, if there is one.
	if err := trip.readHead(method(req) == http.MethodHead); err != nil {
		if wrote != nil && !isTimeout(err) {
			err = wrote
		}
		return nil, trip.lost(err), cause(ctx, err)
	}
	b.broken = wrote != nil
	handedOver = true
	return trip.response(req, b), false, nil
}

// check validates what is sent as it stands, and returns where to.
func check(req *http.Request) (address string, err error) {
	if req.URL == nil || req.URL.Scheme != "http" || req.URL.Hostname() == "" {
		return "", fmt.Errorf("httpclient: cannot request %q; write http://HOST[:PORT]/PATH", req.URL)
	}
	if err := checkHead(req); err != nil {
		return "", err
	}
	port := req.URL.Port()
	if port == "" {
		port = "80"
	}
	return net.JoinHostPort(req.URL.Hostname(), port), nil
}

func method(req *http.Request) string {
	if req.Method == "" {
		return http.MethodGet
	}
	return req.Method
}

// repeatable reports whether sending req twice does no harm and is possible.
func repeatable(req *http.Request) bool {
	if !noBody(req) && req.GetBody == nil {
		return false
	}
	switch method(req) {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodPut, http.MethodDelete:
		return true
	}
	return false
}

func again(req *http.Request) (*http.Request, error) {
	if noBody(req) {
		return req, nil
	}
	fresh, err := req.GetBody()
	if err != nil {
		return nil, err
	}
	r := *req
	r.Body = fresh
	return &r, nil
}

func noBody(req *http.Request) bool { return req.Body == nil || req.Body == http.NoBody }

func closeBody(req *http.Request) {
	if req.Body != nil {
		req.Body.Close()
	}
}

// past is a deadline that interrupts.
var past = time.Unix(1, 0)

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}

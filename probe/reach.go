package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/plimsoll-dev/plimsoll/record"
)

// reach asks each route once, and returns an error that a person can act on if
// it is not there to be probed.
func (r *runner) reach(ctx context.Context) error {
	for _, m := range []*message{r.heavy, r.canary} {
		if m == nil {
			continue
		}
		name, option := record.RouteHeavy, "--heavy"
		if m == r.canary {
			name, option = record.RouteCanary, "--canary"
		}
		l := r.open(ctx, m, slowest)
		if l.err != nil {
			return fmt.Errorf("%s: %w", option, unreachable(m, l.err))
		}
		address := l.conn.RemoteAddr().String()
		row := record.Request{Head: r.head(), Route: name, Intended: r.now(), Sent: r.now(), Conn: l.number, Connect: l.took}
		resp, err := r.first(ctx, l, m)
		l.close()
		if err != nil {
			return fmt.Errorf("%s: %w", option, unreachable(m, err))
		}
		if err := usable(resp); err != nil {
			return fmt.Errorf("%s: %w", option, err)
		}
		row.Done, row.Status = r.now(), strconv.Itoa(resp.StatusCode)
		if err := r.write(row); err != nil {
			return err
		}
		if err := r.write(record.Event{Head: r.head(), Name: eventReached, Attrs: map[string]any{
			"route": name, "address": address, "status": resp.StatusCode, "tls": m.tls}}); err != nil {
			return err
		}
	}
	return nil
}

// first returns the head of the answer to one request.
func (r *runner) first(ctx context.Context, l *link, m *message) (*http.Response, error) {
	l.conn.SetDeadline(time.Now().Add(slowest))
	stop := context.AfterFunc(ctx, func() { l.conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := l.conn.Write(m.once); err != nil {
		return nil, err
	}
	if _, err := l.read.Peek(1); err != nil {
		return nil, err
	}
	resp, err := l.response(m)
	if err != nil {
		if nerr := net.Error(nil); errors.As(err, &nerr) {
			return nil, err
		}
		return nil, errNotHTTP
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp, err
}

// unreachable says what was in the way of an answer.
func unreachable(m *message, err error) error {
	switch {
	case errors.Is(err, ErrNotAuthorised):
		return err
	case errors.Is(err, errNotHTTP):
		return fmt.Errorf("what listens at %s does not speak HTTP/1.1; is it another protocol, or TLS (https://)?", m.address)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("nothing listens at %s: %w", m.address, err)
	case failure(err) == statusTimeout:
		return fmt.Errorf("%s gave no answer to a single request within %v; is it up, and is that the right address?", m.address, slowest)
	case failure(err) == statusClosed && !m.tls:
		return fmt.Errorf("%s closed the connection instead of answering; does it expect TLS (https://)?", m.address)
	}
	return fmt.Errorf("%s cannot be asked: %w", m.address, err)
}

// status is an answer's status in words that are not the service's: those may be
// anything, and a terminal would take them as its own.
func status(resp *http.Response) string {
	return strings.TrimSpace(strconv.Itoa(resp.StatusCode) + " " + http.StatusText(resp.StatusCode))
}

// usable says whether an answer is the service's work, which is what is to be
// probed.
func usable(resp *http.Response) error {
	code := resp.StatusCode
	switch {
	case code < 300:
		return nil
	case code == http.StatusNotModified, code < 400:
		if to, err := resp.Location(); err == nil {
			return fmt.Errorf("the answer is a redirect (%d) to %s; write the URL where the work is done", code, to.Redacted())
		}
		return fmt.Errorf("the answer is %s, not the work that is to be probed", status(resp))
	case code == http.StatusUnauthorized, code == http.StatusForbidden, code == http.StatusProxyAuthRequired:
		return fmt.Errorf("the answer is %s: the service wants to know who asks; put the header that says so into a file, for --header-file", status(resp))
	case code == http.StatusNotFound, code == http.StatusMethodNotAllowed:
		return fmt.Errorf("the answer is %s; write a URL, and a method, that the service has", status(resp))
	}
	return fmt.Errorf("the answer to a single request is %s; a service has to answer one request before it can be asked how many", status(resp))
}

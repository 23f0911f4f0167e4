package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/redact"
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
		if _, err := netip.ParseAddrPort(address); err == nil && r.reached[m.address] == "" {
			r.reached[m.address] = address
		}
		row := record.Request{Head: r.head(), Route: name, Intended: r.now(), Sent: r.now(), Conn: l.number, Connect: l.took}
		resp, err := r.first(ctx, l, m)
		l.close()
		if err != nil {
			return fmt.Errorf("%s: %w", option, unreachable(m, err))
		}
		if err := usable(resp); err != nil {
			if m.address != address { // a name may stand for several servers
				err = fmt.Errorf("%w (answered by %s)", err, address)
			}
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
	return r.doubtCanary()
}

// codeElsewhere is the code of the warning that the canary is another service's.
const codeElsewhere = "canary-elsewhere"

// doubtCanary writes a warning if the canary is asked for where the heavy route is
// not: there may be other threads, or another service.
func (r *runner) doubtCanary() error {
	if r.canary == nil {
		return nil
	}
	heavy, canary := r.reached[r.heavy.address], r.reached[r.canary.address]
	if heavy == canary {
		return nil
	}
	return r.write(record.Warning{Head: r.head(), Code: codeElsewhere, Text: fmt.Sprintf(
		"the canary is asked for at %s, and --heavy at %s: if these do not have their threads in common, a canary that does not wait says nothing of what other routes share with the slow one; write a route of the same port", canary, heavy)})
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
	if _, err = io.Copy(io.Discard, resp.Body); err != nil {
		return nil, fmt.Errorf("%w: %w", errUnfinished, err)
	}
	return resp, nil
}

// errUnfinished is that an answer has begun, and could not be read to its end.
var errUnfinished = errors.New("after its head")

// unreachable says what was in the way of an answer.
func unreachable(m *message, err error) error {
	untrusted := (*tls.CertificateVerificationError)(nil)
	switch {
	case errors.Is(err, ErrNotAuthorised):
		return err
	case errors.Is(err, errUnfinished) && failure(err) == statusTimeout:
		return fmt.Errorf("%s began to answer and had not ended after %v; write a route whose answer ends, not a stream", m.address, slowest)
	case errors.Is(err, errUnfinished) && (errors.Is(err, io.ErrUnexpectedEOF) || failure(err) == statusReset):
		return fmt.Errorf("%s ended the connection before its answer was as long as it said: %w", m.address, err)
	case errors.Is(err, errUnfinished):
		return fmt.Errorf("the answer of %s cannot be read: %w", m.address, err)
	case errors.As(err, &untrusted):
		return fmt.Errorf("%s shows a certificate that this machine does not trust: %w; if it is meant to, as a self-signed one, write --insecure, or name its authority with SSL_CERT_FILE", m.address, untrusted.Err)
	case m.tls:
		if why := handshake(err); why != "" {
			return fmt.Errorf("%s %s: %w", m.address, why, err)
		}
	case errors.Is(err, errNotHTTP):
		return fmt.Errorf("what listens at %s does not speak HTTP/1.1; is it HTTP/2 alone, another protocol, or TLS (https://)?", m.address)
	case failure(err) == statusClosed:
		return fmt.Errorf("%s closed the connection instead of answering; does it expect TLS (https://)?", m.address)
	}
	switch {
	case errors.Is(err, errNotHTTP):
		return fmt.Errorf("what listens at %s does not speak HTTP/1.1 behind its TLS; is it another protocol?", m.address)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("nothing listens at %s: %w", m.address, err)
	case failure(err) == statusClosed:
		return fmt.Errorf("%s closed the connection instead of answering: %w", m.address, err)
	case failure(err) == statusTimeout:
		return fmt.Errorf("%s gave no answer to a single request within %v; is it up, and is that the right address?", m.address, slowest)
	}
	return fmt.Errorf("%s cannot be asked: %w", m.address, err)
}

// errHandshake is that TLS did not come about.
var errHandshake = errors.New("TLS handshake")

// handshake says why TLS did not come about; "": it did, or for another reason. A
// certificate is missed only after the client's end of it (RFC 8446, 4.4.2.4).
// The alerts of another side have no type of their own (RFC 8446, 6.2).
func handshake(err error) string {
	plain := tls.RecordHeaderError{}
	switch {
	case errors.As(err, &plain):
		return "does not speak TLS; write http://"
	case strings.Contains(err.Error(), "tls: no application protocol"):
		return "does not offer HTTP/1.1, but HTTP/2 alone, perhaps; have it offer http/1.1, too"
	case strings.Contains(err.Error(), "tls: certificate required"):
		return "wants a certificate of who asks, which a prober has not; write an address behind that, as the service's own"
	case errors.Is(err, errHandshake) && failure(err) == statusClosed:
		return "closed the connection instead of answering; does it speak TLS, or is it http://?"
	}
	return ""
}

// status is an answer's status in words that are not the service's: those may be
// anything, and a terminal would take them as its own.
func status(resp *http.Response) string {
	return strings.TrimSpace(strconv.Itoa(resp.StatusCode) + " " + http.StatusText(resp.StatusCode))
}

// target is where a redirect leads, without its parameters: they are the service's
// words, and may be a ticket that lets somebody in.
func target(to *url.URL) string {
	bare := url.URL{Scheme: to.Scheme, Host: to.Host, Path: to.Path}
	text := legible(redact.URL(bare.String()), 200)
	if to.RawQuery != "" {
		text += "?" + redact.Mark
	}
	return text
}

// usable says whether an answer is the service's work, which is what is to be
// probed.
func usable(resp *http.Response) error {
	code := resp.StatusCode
	switch {
	case code >= 200 && code < 300:
		return nil
	case code == http.StatusNotModified, code < 400:
		if to, err := resp.Location(); err == nil {
			return fmt.Errorf("the answer is a redirect (%d) to %s; write the URL where the work is done, or, if that is a login, put the header that says who asks into a file, for --header-file", code, target(to))
		}
		return fmt.Errorf("the answer is %s, not the work that is to be probed", status(resp))
	case code == http.StatusUnauthorized, code == http.StatusForbidden, code == http.StatusProxyAuthRequired:
		return fmt.Errorf("the answer is %s: the service wants to know who asks; put the header that says so into a file, for --header-file", status(resp))
	case code == http.StatusBadRequest && resp.Request != nil && resp.Request.URL.Scheme == "http":
		return fmt.Errorf("the answer is %s; does it expect TLS (https://), or another header, body or parameter?", status(resp))
	case code == http.StatusNotFound, code == http.StatusMethodNotAllowed:
		return fmt.Errorf("the answer is %s; write a URL, and a method, that the service has", status(resp))
	}
	return fmt.Errorf("the answer to a single request is %s; a service has to answer one request before it can be asked how many", status(resp))
}

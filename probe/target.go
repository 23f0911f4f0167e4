package probe

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/plimsoll-dev/plimsoll/internal/redact"
)

// millisMark is what stands in a heavy URL for how long a request is to take.
const millisMark = "{ms}"

// A Request is what a prober asks for.
type Request struct {
	Method string // "": GET
	URL    string // http or https; a heavy one may contain {ms}
	Header http.Header
	Body   []byte
}

// hasMillis reports whether the time that a request takes may be chosen.
func (r *Request) hasMillis() bool { return strings.Contains(r.URL, millisMark) }

// check says what is wrong with a request, and what to write instead.
func (r *Request) check(name string) error {
	u, err := url.Parse(strings.ReplaceAll(r.URL, millisMark, "1"))
	switch {
	case err != nil && strings.Contains(r.URL, "@"): // the error may quote a part of a password
		return fmt.Errorf("%s %q is not a URL; write http://HOST:PORT/PATH, and who asks into a file, for --header-file", name, r.shown())
	case err != nil:
		if e := (*url.Error)(nil); errors.As(err, &e) {
			err = e.Err // without the URL
		}
		return fmt.Errorf("%s %q: %w; write http://HOST:PORT/PATH", name, r.shown(), err)
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("%s %q: write http://HOST:PORT/PATH or https://HOST:PORT/PATH", name, r.shown())
	case u.Hostname() == "":
		return fmt.Errorf("%s %q has no host; write http://HOST:PORT/PATH", name, r.shown())
	case u.User != nil:
		return fmt.Errorf("%s has a password in its URL, which other programs can see; put an Authorization header into a file, for --header-file", name)
	}
	if _, err := r.build(0, true); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// shown is the URL as it may be printed and recorded.
func (r *Request) shown() string { return redact.URL(r.URL) }

func (r *Request) method() string {
	if r.Method == "" {
		return http.MethodGet
	}
	return r.Method
}

// safe reports whether the method only reads (RFC 9110, section 9.2.1).
func (r *Request) safe() bool {
	switch r.method() {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return true
	}
	return false
}

// A message is a request as it goes over the wire, prepared so that sending it
// costs one write.
type message struct {
	address string // host:port
	host    string // for TLS
	tls     bool
	once    []byte // asks for the connection to be closed after the answer
	kept    []byte // asks for it to stay open
	request *http.Request
}

// prepare returns the message for one value of {ms}.
func (r *Request) prepare(millis int) (*message, error) {
	once, err := r.build(millis, true)
	if err != nil {
		return nil, err
	}
	kept, err := r.build(millis, false)
	if err != nil {
		return nil, err
	}
	m := &message{host: once.URL.Hostname(), tls: once.URL.Scheme == "https", request: once}
	port := once.URL.Port()
	if port == "" {
		port = "80"
		if m.tls {
			port = "443"
		}
	}
	m.address = net.JoinHostPort(m.host, port)
	var b bytes.Buffer
	if err := once.Write(&b); err != nil {
		return nil, err
	}
	m.once = bytes.Clone(b.Bytes())
	b.Reset()
	if err := kept.Write(&b); err != nil {
		return nil, err
	}
	m.kept = b.Bytes()
	return m, nil
}

func (r *Request) build(millis int, last bool) (*http.Request, error) {
	req, err := http.NewRequest(r.method(), strings.ReplaceAll(r.URL, millisMark, strconv.Itoa(millis)), bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	for name, values := range r.Header {
		if strings.EqualFold(name, "Connection") {
			return nil, errors.New("header Connection is the prober's own; leave it out")
		}
		if strings.EqualFold(name, "Host") {
			req.Host = values[0]
			continue
		}
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", "plimsoll-probe")
	}
	req.Close = last
	if len(r.Body) == 0 {
		req.Body = nil
	}
	return req, nil
}

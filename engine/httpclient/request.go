package httpclient

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/plimsoll-dev/plimsoll/internal/wire"
)

// ours are the fields that say how the message is framed and where it goes:
// they follow from the Request's own fields, as in net/http.
var ours = map[string]bool{"Host": true, "Content-Length": true, "Transfer-Encoding": true, "Trailer": true}

// checkHead refuses what would change the meaning of the request's bytes.
func checkHead(req *http.Request) error {
	if !wire.ValidFieldName(method(req)) { // a token, too
		return fmt.Errorf("httpclient: invalid method %q", req.Method)
	}
	if target := req.URL.RequestURI(); !validTarget(target) {
		return fmt.Errorf("httpclient: target %q: it begins with '/' and has no white space; escape it", target)
	}
	if host := hostField(req); !wire.ValidFieldValue(host) || strings.ContainsAny(host, " \t") {
		return fmt.Errorf("httpclient: invalid host %q", host)
	}
	for _, fields := range []http.Header{req.Header, req.Trailer} {
		for name, values := range fields {
			if !wire.ValidFieldName(name) {
				return fmt.Errorf("httpclient: invalid field name %q", name)
			}
			for _, v := range values {
				if !wire.ValidFieldValue(v) {
					return fmt.Errorf("httpclient: field %s has the invalid value %q", name, v)
				}
			}
		}
	}
	return nil
}

func hostField(req *http.Request) string {
	if req.Host != "" {
		return req.Host
	}
	return req.URL.Host
}

// bodyError is an error of the request's own body, which is nobody else's
// fault.
type bodyError struct{ err error }

func (e bodyError) Error() string { return "read the request's body: " + e.err.Error() }
func (e bodyError) Unwrap() error { return e.err }

// writeRequest sends head and body, and closes the request's Body.
func (t *trip) writeRequest(req *http.Request) error {
	defer closeBody(req)
	length := req.ContentLength
	switch {
	case noBody(req):
		length = 0
	case length == 0: // with a body, 0 stands for unknown
		length = -1
	}
	t.appendHead(req, length)
	var err error
	switch {
	case length > 0:
		err = t.writeCounted(req.Body, length)
	case length < 0:
		err = t.writeChunked(req)
	}
	if err != nil {
		return err
	}
	return t.flush()
}

func (t *trip) appendHead(req *http.Request, length int64) {
	t.out = wire.AppendRequestLine(t.out, method(req), req.URL.RequestURI())
	t.out = wire.AppendField(t.out, "Host", hostField(req))
	for name, values := range req.Header {
		if ours[http.CanonicalHeaderKey(name)] {
			continue
		}
		for _, v := range values {
			t.out = wire.AppendField(t.out, name, v)
		}
	}
	if req.Close && req.Header.Get("Connection") == "" {
		t.out = wire.AppendField(t.out, "Connection", "close")
	}
	switch {
	case length < 0:
		t.out = wire.AppendField(t.out, "Transfer-Encoding", "chunked")
		if len(req.Trailer) > 0 {
			names := slices.Sorted(maps.Keys(req.Trailer))
			t.out = wire.AppendField(t.out, "Trailer", strings.Join(names, ", "))
		}
	case length > 0 || req.Method == http.MethodPost || req.Method == http.MethodPut || req.Method == http.MethodPatch:
		t.out = wire.AppendLength(t.out, length)
	}
	t.out = append(t.out, "\r\n"...)
}

// flush sends what was appended.
func (t *trip) flush() error {
	out := t.out
	t.out = t.out[:0]
	if len(out) == 0 {
		return nil
	}
	_, err := t.cn.Write(out)
	return err
}

const copySize = 32 << 10 // io.Copy's

func (t *trip) writeCounted(body io.Reader, length int64) error {
	buf := make([]byte, min(length, copySize))
	for length > 0 {
		n, err := body.Read(buf[:min(length, int64(len(buf)))])
		t.out = append(t.out, buf[:n]...)
		length -= int64(n)
		if err == io.EOF && length > 0 {
			err = io.ErrUnexpectedEOF
		}
		if err != nil && err != io.EOF {
			return bodyError{err}
		}
		if err := t.flush(); err != nil {
			return err
		}
	}
	return nil
}

func (t *trip) writeChunked(req *http.Request) error {
	buf := make([]byte, copySize)
	for {
		n, err := req.Body.Read(buf)
		t.out = wire.AppendChunk(t.out, buf[:n])
		if err == io.EOF {
			break
		}
		if err != nil {
			return bodyError{err}
		}
		if err := t.flush(); err != nil {
			return err
		}
	}
	if len(req.Trailer) == 0 {
		t.out = wire.AppendLastChunk(t.out)
		return nil
	}
	t.out = append(t.out, "0\r\n"...)
	for name, values := range req.Trailer { // their values may be set as late as now
		for _, v := range values {
			if !wire.ValidFieldValue(v) {
				return bodyError{fmt.Errorf("trailer %s has the invalid value %q", name, v)}
			}
			t.out = wire.AppendField(t.out, name, v)
		}
	}
	t.out = append(t.out, "\r\n"...)
	return nil
}

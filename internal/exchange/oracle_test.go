package exchange

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// differences are the rows of the oracle table in which this package and
// net/http answer differently, each with the reason. A row that is not listed
// must be equal, and a listed one must differ.
var differences = map[string]string{
	"panic/before anything": "net/http hangs up; a client that learns of the failure can tell it from a lost connection",
	"panic/buffered":        "the same: nothing was sent yet",
	"panic/1xx before":      "the same: an informational response is not an answer",

	"panic/flushed 5000": "how much arrives of a response that breaks off depends on the buffers; neither looks complete",

	"length/invalid":  "net/http has dropped the field by then and still counts it as set, so that it computes no length",
	"length/negative": "the same",

	"body/full duplex unread": "net/http 1.26 drops the connection with a panic of its own (invalid concurrent Body.Read call)",
	"body/short":              "net/http does not announce that the connection ends, and ends it",

	"request/target /%zz":      "the body names the fault",
	"bad/no host":              "the body names the fault",
	"bad/two hosts":            "the body names the fault",
	"bad/space in name":        "the body names the fault",
	"bad/version 2.0":          "the body names the fault; net/http puts it into the status line",
	"bad/coding gzip":          "net/http answers a coding that does not end in chunked with 501; RFC 9112, 6.3 wants 400",
	"bad/coding gzip, chunked": "net/http's text is its own; the status is the same",
	"bad/target":               "the body names the fault",
	"bad/half a head":          "the body names the fault",
	"bad/trailer name":         "the body names the fault",
	"bad/expect":               "net/http sends no body with 417",
	"bad/cl and te":            "net/http drops Content-Length; wire refuses ambiguous framing (RFC 9112, 6.3)",
	"bad/same cl twice":        "net/http merges them; wire refuses ambiguous framing",
	"bad/bare lf":              "net/http takes LF for a line end; wire refuses (RFC 9112, 2.2)",
	"bad/chunked in 1.0":       "net/http reads it; RFC 9112, 6.1 wants it treated as faulty",

	"body/bad chunk, silent handler": "net/http answers 200 for a body that cannot be read; here the fault is answered unless the handler answers",
	"body/short, silent handler":     "the same for a body that ends early",
	"body/close unread":              "net/http drains in Body.Close, here after the handler: the difference is a Trailer read in between",

	"field/control characters":      "net/http sends them, but for CR and LF; here all become spaces (RFC 9110, 5.5)",
	"field/lower-case length":       "net/http sends it as a second Content-Length; here it is dropped",
	"1xx/to 1.0":                    "net/http sends 103 to an HTTP/1.0 client, which takes it for the response (RFC 9110, 15.2)",
	"1xx/103 while continue is due": "100 goes out with the 103, so that no two goroutines write",
}

// An answer is what a client sees of one response.
type answer struct {
	Proto    string
	Status   string
	Header   string // without Date, sorted
	Dated    bool
	Framing  string
	Body     string
	Trailer  string
	Error    string
	Received []string // informational responses before it
}

// converse sends the request and, while the connection is kept, a second one
// that everybody answers alike, and returns what a client sees.
func converse(t *testing.T, c net.Conn, request string, halfClose bool) []answer {
	t.Helper()
	head, body, wait := strings.Cut(request, "<wait>")
	io.WriteString(c, head)
	if halfClose {
		c.(*net.TCPConn).CloseWrite()
	}
	br := bufio.NewReader(c)
	var seen []answer
	for method := strings.SplitN(strings.TrimLeft(request, "\r\n"), " ", 2)[0]; ; method = "GET" {
		a, more := receive(br, method, func() {
			if wait {
				io.WriteString(c, body)
			}
		})
		if a == nil {
			break
		}
		seen = append(seen, *a)
		if !more || len(seen) == 2 {
			break
		}
		io.WriteString(c, "GET /next HTTP/1.1\r\nHost: x\r\n\r\n")
	}
	return seen
}

// receive reads a response with its informational ones; nil: there is none.
func receive(br *bufio.Reader, method string, continued func()) (a *answer, more bool) {
	a = &answer{}
	for {
		resp, err := http.ReadResponse(br, &http.Request{Method: method})
		if err != nil {
			if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || strings.Contains(err.Error(), "reset") {
				if a.Received == nil {
					return nil, false
				}
				a.Error = "no final response"
				return a, false
			}
			a.Error = err.Error()
			return a, false
		}
		if resp.StatusCode < 200 && resp.StatusCode != 101 {
			a.Received = append(a.Received, resp.Status+headerText(resp.Header))
			if resp.StatusCode == 100 {
				continued()
			}
			continue
		}
		_, a.Dated = resp.Header["Date"]
		resp.Header.Del("Date")
		a.Proto, a.Status, a.Header = resp.Proto, resp.Status, headerText(resp.Header)
		a.Framing = fmt.Sprint(resp.TransferEncoding, resp.ContentLength, resp.Close)
		body, err := io.ReadAll(resp.Body)
		a.Body, a.Trailer = string(body), headerText(resp.Trailer)
		if err != nil {
			a.Error = err.Error()
			if strings.Contains(a.Error, "reset") {
				a.Error = io.ErrUnexpectedEOF.Error()
			}
			return a, false
		}
		return a, !resp.Close
	}
}

// thenNext is the row's handler, and for the second request that of all rows.
func (r row) thenNext() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/next" {
			io.WriteString(w, "next")
			return
		}
		r.handler(w, req)
	})
}

func headerText(h http.Header) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(h)) {
		fmt.Fprintf(&b, "%s=%q ", k, h[k])
	}
	return b.String()
}

func TestClientsSeeWhatTheySeeOfNetHTTP(t *testing.T) {
	rows := oracleRows()
	names := map[string]bool{}
	for name, row := range rows {
		names[name] = true
		t.Run(name, func(t *testing.T) {
			handler := row.thenNext()
			want := converse(t, dial(t, startNet(t, handler)), row.request, row.halfClose)
			got := converse(t, dial(t, startExchange(t, handler, &Config{Logf: t.Logf, OnPanic: func(any, []byte) {}})), row.request, row.halfClose)
			equal := fmt.Sprintf("%+v", got) == fmt.Sprintf("%+v", want)
			reason, listed := differences[name]
			switch {
			case !equal && !listed:
				t.Errorf("\n here     %+v\n net/http %+v", got, want)
			case equal && listed:
				t.Errorf("listed as different (%s), and equal:\n %+v", reason, got)
			}
			if len(want) > 0 && len(got) > 0 && listed {
				t.Logf("%s\n here     %+v\n net/http %+v", reason, got, want)
			}
		})
	}
	for name := range differences {
		if !names[name] {
			t.Errorf("differences lists %q, which is no row", name)
		}
	}
}

// A transport without CloseWrite and ReadFrom, and without a buffer of the
// kernel's: every response is the same over it as over TCP.
func TestClientsSeeTheSameOverAnyTransport(t *testing.T) {
	for name, row := range responseRows() {
		if strings.HasPrefix(name, "panic/") {
			continue // how much arrives of what breaks off depends on the kernel's buffer
		}
		t.Run(name, func(t *testing.T) {
			cfg := &Config{Logf: t.Logf, WriteTimeout: time.Minute, BodyTimeout: time.Minute, HeaderTimeout: time.Minute, IdleTimeout: time.Minute}
			want := converse(t, dial(t, startExchange(t, row.thenNext(), cfg)), row.request, false)
			ours, theirs := net.Pipe()
			served := make(chan struct{})
			go func() {
				defer close(served)
				serveConn(New(plain{ours}, cfg), row.thenNext(), nil)
			}()
			theirs.SetDeadline(time.Now().Add(30 * time.Second))
			got := converse(t, theirs, row.request, false)
			theirs.Close()
			<-served
			if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
				t.Errorf("\n pipe %+v\n tcp  %+v", got, want)
			}
		})
	}
}

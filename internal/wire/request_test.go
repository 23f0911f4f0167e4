package wire

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// status returns the status of err: 0 if there is none, -1 if it is no *Error.
func status(err error) int {
	var e *Error
	switch {
	case err == nil:
		return 0
	case errors.As(err, &e):
		return e.Status
	}
	return -1
}

// line gives a request line a minimal head around it.
func line(l string) string { return l + "\r\nHost: a\r\n\r\n" }

// field gives a field line a minimal request around it.
func field(f string) string { return "POST / HTTP/1.1\r\nHost: a\r\n" + f + "\r\n\r\n" }

func host(h string) string { return "GET / HTTP/1.1\r\nHost:" + h + "\r\n\r\n" }

func TestRequestsThatAreRefused(t *testing.T) {
	tests := []struct {
		in     string
		status int
		why    string
	}{
		// The request line, RFC 9112, 3.
		{line("GET  / HTTP/1.1"), 400, "3: one SP after the method"},
		{line("GET /  HTTP/1.1"), 400, "3: one SP after the target"},
		{line("GET\t/ HTTP/1.1"), 400, "3: SP, not HTAB"},
		{line(" GET / HTTP/1.1"), 400, "3.1: a method is a token"},
		{line("G(T / HTTP/1.1"), 400, "3.1: a method is a token"},
		{line("GET / HTTP/1.1 "), 400, "3: nothing after the version"},
		{line("GET /"), 400, "HTTP/0.9 has no version and no fields"},
		{line("GET HTTP/1.1"), 400, "3: no target"},
		{line("/ HTTP/1.1"), 400, "3: no method"},
		{line("\xc3\xa9 / HTTP/1.1"), 400, "3.1: a method is ASCII"},
		{"\x16\x03\x01\x02\x00", 400, "a TLS client is told at its first byte, not after a time-out"},
		{"GET / HTTP/1.1\nHost: a\r\n\r\n", 400, "2.2: a recipient may take LF for a line end, and need not"},
		{"GET / HTTP/1.1\r\r\n", 400, "2.2: a bare CR is invalid"},
		{"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "2.2: an empty line is CRLF"},
		{"\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "2.2: a bare CR is invalid"},

		// The version, RFC 9112, 2.3.
		{line("GET / HTTP/2.0"), 505, "another major version"},
		{line("GET / HTTP/0.9"), 505, "another major version"},
		{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "RFC 9113, 3.4: HTTP/2 with prior knowledge"},
		{line("GET / http/1.1"), 400, "2.3: the name is case-sensitive"},
		{line("GET / HTTP/1.10"), 400, "2.3: one digit"},
		{line("GET / HTTP/11"), 400, "2.3: DIGIT . DIGIT"},
		{line("GET / HTTP/1,1"), 400, "2.3: DIGIT . DIGIT"},
		{line("GET / HTP/1.1"), 400, "2.3: the name"},
		{line("GET / HTTP/1.a"), 400, "2.3: DIGIT . DIGIT"},
		{"GET / HTTP/1.1X\nHost: a\r\n\r\n", 400, "2.2: LF after something that is no CR"},
		{"GET / H\r\n\r\n", 400, "a version that ended early does not wait for more"},

		// The target, RFC 9112, 3.2.
		{line("GET /a\x00b HTTP/1.1"), 400, "NUL"},
		{line("GET /\x7f HTTP/1.1"), 400, "DEL"},
		{line("GET /\xc3\xa9 HTTP/1.1"), 400, "a URI is ASCII"},
		{line("GET /a#b HTTP/1.1"), 400, "a target has no fragment"},
		{line("GET * HTTP/1.1"), 400, "3.2.4: * is for OPTIONS"},
		{line("GET a/b HTTP/1.1"), 400, "3.2: none of the four forms"},
		{line("GET a.example:80 HTTP/1.1"), 400, "3.2.3: authority-form is for CONNECT"},
		{line("GET http:///a HTTP/1.1"), 400, "RFC 9110, 4.2.1: no host"},
		{line("GET http://u@h/ HTTP/1.1"), 400, "RFC 9110, 4.2.4: user information"},
		{line("GET 1http://h/ HTTP/1.1"), 400, "RFC 3986, 3.1: a scheme begins with a letter"},
		{line("GET ://h/ HTTP/1.1"), 400, "RFC 3986, 3.1: a scheme is not empty"},
		{line("GET urn:a HTTP/1.1"), 400, "nothing that HTTP could be asked for"},
		{line("CONNECT / HTTP/1.1"), 400, "3.2.3: CONNECT has authority-form"},
		{line("CONNECT a HTTP/1.1"), 400, "3.2.3: with a port"},
		{line("CONNECT a: HTTP/1.1"), 400, "RFC 9110, 9.3.6: an empty port is invalid"},
		{line("CONNECT :1 HTTP/1.1"), 400, "3.2.3: with a host"},

		// Field lines, RFC 9112, 5.
		{field("A : b"), 400, "5.1: no white space before the colon"},
		{field("A\t: b"), 400, "5.1: no white space before the colon"},
		{field("Content-Length : 1"), 400, "5.1: the same, where it would hide a length"},
		{field("A: b\r\n c"), 400, "5.2: line folding"},
		{field("A: b\r\n\tc"), 400, "5.2: line folding"},
		{field("A: b\r\n "), 400, "5.2: folding with nothing"},
		{"GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400, "2.2: white space before the first field"},
		{field("A: b\nC: d"), 400, "2.2: LF without CR"},
		{field("A: b\x00\n"), 400, "2.2: LF after something that is no CR"},
		{field("A: b\n"), 400, "2.2: two LF"},
		{field("A: b\rC: d"), 400, "2.2: CR without LF"},
		{field("A: b\r"), 400, "2.2: CR without LF"},
		{"GET / HTTP/1.1\r\nHost: a\r\n\n", 400, "2.2: LF as the empty line"},
		{"GET / HTTP/1.1\r\nHost: a\r\n\rX", 400, "2.2: CR without LF"},
		{field("A"), 400, "no colon"},
		{field(": b"), 400, "empty name"},
		{field("A(: b"), 400, "RFC 9110, 5.1: a name is a token"},
		{field("\xe9: b"), 400, "RFC 9110, 5.1: a name is ASCII"},
		{field("A\x00: b"), 400, "NUL in a name"},
		{field("A: b\x00c"), 400, "RFC 9110, 5.5: NUL in a value"},
		{field("A: \x01"), 400, "RFC 9110, 5.5: a control character"},
		{field("A: a long value up to \x7f"), 400, "RFC 9110, 5.5: DEL"},

		// Host, RFC 9112, 3.2.
		{"GET / HTTP/1.1\r\n\r\n", 400, "missing"},
		{"GET http://a/ HTTP/1.1\r\n\r\n", 400, "missing, also with an absolute target"},
		{"GET / HTTP/1.2\r\n\r\n", 400, "missing: 1.2 asks for no less than 1.1"},
		{host("a\r\nHost: a"), 400, "twice, even the same"},
		{"GET / HTTP/1.0\r\nhost: a\r\nHOST: b\r\n\r\n", 400, "twice: any message, 1.0 too"},
		{host("a b"), 400, "white space"},
		{host("a/b"), 400, "a path"},
		{host("u@a"), 400, "user information"},
		{host("a:b"), 400, "a port of letters"},
		{host("a:1:2"), 400, "two ports"},
		{host(":80"), 400, "RFC 9110, 4.2.1: no host"},
		{host("::1"), 400, "an IPv6 address without brackets"},
		{host("[::1"), 400, "brackets that do not close"},
		{host("[]"), 400, "nothing in brackets"},
		{host("%4"), 400, "RFC 3986, 2.1: percent-encoding that ends early"},
		{host("%zz"), 400, "RFC 3986, 2.1: percent-encoding"},
		{host("\xe9"), 400, "RFC 3986, 3.2.2: ASCII"},

		// The end of the body, RFC 9112, 6.
		{field("Content-Length: 3\r\nTransfer-Encoding: chunked"), 400, "6.3: both"},
		{field("Transfer-Encoding: chunked\r\nContent-Length: 3"), 400, "6.3: both"},
		{field("Content-Length: 3\r\nContent-Length: 4"), 400, "6.3: conflicting lengths"},
		{field("Content-Length: 3\r\nContent-Length: 3"), 400, "RFC 9110, 8.6: a recipient may refuse a repeated length"},
		{field("Content-Length: 3, 3"), 400, "RFC 9110, 8.6: the same, as a list"},
		{field("Content-Length: 3, 4"), 400, "6.3: conflicting lengths"},
		{field("Content-Length:"), 400, "RFC 9110, 8.6: 1*DIGIT"},
		{field("Content-Length: +3"), 400, "RFC 9110, 8.6: 1*DIGIT"},
		{field("Content-Length: -3"), 400, "RFC 9110, 8.6: 1*DIGIT"},
		{field("Content-Length: 0x3"), 400, "RFC 9110, 8.6: 1*DIGIT"},
		{field("Content-Length: 3 3"), 400, "RFC 9110, 8.6: 1*DIGIT"},
		{field("Content-Length: 3.0"), 400, "RFC 9110, 8.6: 1*DIGIT"},
		{field("Content-Length: 9223372036854775808"), 400, "RFC 9110, 8.6: no overflow"},
		{field("Content-Length: 18446744073709551617"), 400, "RFC 9110, 8.6: no overflow, all the way round"},
		{"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "6.1: chunked in 1.0 is faulty framing"},
		{"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", 400, "6.1: even with a length"},
		{field("Transfer-Encoding: chunked, gzip"), 400, "6.3: chunked is not final"},
		{field("Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip"), 400, "6.3: chunked is not final, in two lines"},
		{field("Transfer-Encoding: gzip"), 400, "6.3: chunked is not final: MUST be 400, above 6.1's SHOULD of 501"},
		{field("Transfer-Encoding: identity"), 400, "6.3: chunked is not final; identity is no coding since RFC 7230"},
		{field("Transfer-Encoding:"), 400, "6.3: chunked is not final"},
		{field("Transfer-Encoding: chunked, chunked"), 400, "6.1: chunked only once"},
		{field("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), 400, "6.1: chunked only once"},
		{field("Transfer-Encoding: chunked;a=b"), 400, "7.1: chunked has no parameters"},
		{field("Transfer-Encoding: xchunked"), 400, "6.3: chunked is not final"},
		{field("Transfer-Encoding: \x0bchunked"), 400, "RFC 9110, 5.5: a control character is no white space"},
		{field("Transfer-Encoding: \"chunked\""), 400, "6.3: a quoted string is no coding"},
		{field("Transfer-Encoding: gzip, chunked"), 501, "6.1: a coding not understood"},
		{field("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked"), 501, "6.1: a coding not understood, in two lines"},
		{field("Transfer-Encoding: gzip;q=\"x, chunked"), 501, "never taken for chunked alone"},
	}
	for _, tt := range tests {
		t.Run(tt.why, func(t *testing.T) {
			var r Request
			n, err := ParseRequest([]byte(tt.in), &r, Limits{})
			if status(err) != tt.status || n != 0 {
				t.Errorf("%q\ngot %d, %v; want status %d", tt.in, n, err, tt.status)
			}
		})
	}
}

func TestRequestHeads(t *testing.T) {
	const fields = "Host: a\r\n"
	tests := []struct {
		in   string
		want string // see summary
		why  string
	}{
		{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / 1.1 host=a none 0", "the least there is"},
		{"GET / HTTP/1.0\r\n\r\n", "GET / 1.0 host= none 0 close", "9.3: 1.0 closes; 3.2: needs no Host"},
		{"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET / 1.0 host= none 0 Connection=Keep-Alive", "9.3: 1.0 persists if asked to"},
		{"GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", "GET / 1.0 host= none 0 close Connection=keep-alive, close", "9.3: close goes first"},
		{"GET / HTTP/1.9\r\n" + fields + "\r\n", "GET / 1.9 host=a none 0", "RFC 9110, 2.5: as the highest minor known"},
		{"\r\n\r\nGET / HTTP/1.1\r\n" + fields + "\r\n", "GET / 1.1 host=a none 0", "2.2: empty lines before are skipped"},
		{"get / HTTP/1.1\r\n" + fields + "\r\n", "get / 1.1 host=a none 0", "RFC 9110, 9.1: methods are case-sensitive tokens"},
		{"GET /?q={a|b}&c=%zz HTTP/1.1\r\n" + fields + "\r\n", "GET /?q={a|b}&c=%zz 1.1 host=a none 0", "what browsers send raw; decoding is not wire's"},
		{"OPTIONS * HTTP/1.1\r\n" + fields + "\r\n", "OPTIONS * 1.1 host=a none 0", "3.2.4"},
		{"GET HTTP://b:8?q HTTP/1.1\r\n" + fields + "\r\n", "GET HTTP://b:8?q 1.1 host=b:8 none 0", "3.2.2: the target goes above Host"},
		{"GET http://b/ HTTP/1.0\r\n\r\n", "GET http://b/ 1.0 host=b none 0 close", "3.2.2"},
		{"CONNECT b:1 HTTP/1.1\r\n" + fields + "\r\n", "CONNECT b:1 1.1 host=b:1 none 0", "3.2.3"},
		{host(""), "GET / 1.1 host= none 0", "3.2: empty where the target has no authority"},
		{host(" \t a.example:80 \t"), "GET / 1.1 host=a.example:80 none 0", "5.1: OWS around a value"},
		{host("[::1]:80"), "GET / 1.1 host=[::1]:80 none 0", "RFC 3986, 3.2.2"},
		{host("[::1]"), "GET / 1.1 host=[::1] none 0", "RFC 3986, 3.2.2"},
		{host("a_b%41:"), "GET / 1.1 host=a_b%41: none 0", "RFC 3986, 3.2: underscore, percent-encoding, empty port"},
		{field("A:"), "POST / 1.1 host=a none 0 A=", "5: an empty value"},
		{field("A: \t "), "POST / 1.1 host=a none 0 A=", "5.1: a value of white space is empty"},
		{field("A: b \t c\xff"), "POST / 1.1 host=a none 0 A=b \t c\xff", "RFC 9110, 5.5: inner white space, obs-text"},
		{field("!#$%&'*+-.^_`|~09: b"), "POST / 1.1 host=a none 0 !#$%&'*+-.^_`|~09=b", "RFC 9110, 5.6.2: every tchar"},
		{field("A: b\r\na: c"), "POST / 1.1 host=a none 0 A=b a=c", "order and case are kept"},
		{field("Content-Length: 0"), "POST / 1.1 host=a length 0 Content-Length=0", "6.2"},
		{field("content-LENGTH: 0012"), "POST / 1.1 host=a length 12 content-LENGTH=0012", "RFC 9110, 8.6: 1*DIGIT"},
		{field("Content-Length: 9223372036854775807"), "POST / 1.1 host=a length 9223372036854775807 Content-Length=9223372036854775807", "the largest"},
		{field("Transfer-Encoding: chunked"), "POST / 1.1 host=a chunked -1 Transfer-Encoding=chunked", "6.1"},
		{field("transfer-encoding: CHUNKED"), "POST / 1.1 host=a chunked -1 transfer-encoding=CHUNKED", "7: names of codings have no case"},
		{field("Transfer-Encoding: , chunked ,"), "POST / 1.1 host=a chunked -1 Transfer-Encoding=, chunked ,", "RFC 9110, 5.6.1.2: empty elements are ignored"},
		{field("Connection: close"), "POST / 1.1 host=a none 0 close Connection=close", "9.3"},
		{field("Connection: upgrade\r\nConnection: x , CLOSE"), "POST / 1.1 host=a none 0 close Connection=upgrade Connection=x , CLOSE", "RFC 9110, 7.6.1: a list of options without case"},
		{field("Connection: closed"), "POST / 1.1 host=a none 0 Connection=closed", "another option"},
		{field("Content-Length: 3\r\nExpect: 100-Continue"), "POST / 1.1 host=a length 3 expect Content-Length=3 Expect=100-Continue", "RFC 9110, 10.1.1: without case"},
		{field("Transfer-Encoding: chunked\r\nExpect: 100-continue"), "POST / 1.1 host=a chunked -1 expect Transfer-Encoding=chunked Expect=100-continue", "RFC 9110, 10.1.1"},
		{field("Expect: 100-continue"), "POST / 1.1 host=a none 0 Expect=100-continue", "RFC 9110, 10.1.1: no content, nothing to wait for"},
		{"POST / HTTP/1.0\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n", "POST / 1.0 host= length 3 close Content-Length=3 Expect=100-continue", "RFC 9110, 10.1.1: ignored in 1.0"},
		{field("Xost: b\r\nConnectiox: close\r\nContent-Lengtx: 1"), "POST / 1.1 host=a none 0 Xost=b Connectiox=close Content-Lengtx=1", "names of the same length"},
	}
	for _, tt := range tests {
		t.Run(tt.why, func(t *testing.T) {
			var r Request
			n, err := ParseRequest([]byte(tt.in+"behind"), &r, Limits{})
			if err != nil || n != len(tt.in) {
				t.Fatalf("%q\ngot %d, %v; want %d", tt.in, n, err, len(tt.in))
			}
			if got := summary(&r); got != tt.want {
				t.Errorf("%q\ngot  %q\nwant %q", tt.in, got, tt.want)
			}
		})
	}
}

// summary writes what was parsed; the Host field is left out of the fields.
func summary(r *Request) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s 1.%d host=%s %s %d", r.Method, r.Target, r.Minor, r.Host, framingNames[r.Framing], r.Length)
	if r.Close {
		b.WriteString(" close")
	}
	if r.Expect100 {
		b.WriteString(" expect")
	}
	for _, f := range r.Fields {
		if !strings.EqualFold(string(f.Name), "host") {
			fmt.Fprintf(&b, " %s=%s", f.Name, f.Value)
		}
	}
	return b.String()
}

var framingNames = [...]string{NoBody: "none", Length: "length", Chunked: "chunked", UntilClose: "close"}

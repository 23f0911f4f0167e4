package wire

import (
	"math/rand/v2"
	"testing"
)

// Fragments that messages are put together from: mostly sound, so that what is
// not meets the parsers alone, and deep in a message.
var (
	methods   = []string{"GET", "GET", "POST", "CONNECT", "OPTIONS", "HEAD", "G(T", ""}
	targets   = []string{"/", "/", "/", "/a?b=c", "*", "http://b/", "http://b:8?c", "HTTP://u@b/", "http:///", "urn:b", "b:8", "b", "/#b", "/%zz", "/%41", "//b", "", "/\xff", "/\x00", "http://%41/", "http://[::1]:/"}
	versions  = []string{"HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "HTTP/1.11", "http/1.1", "HTTP/0.9", "HTTP/1,1", ""}
	codes     = []string{"200 OK", "200 OK", "200", "200 ", "204 x", "304 x", "100 x", "404 N\x01", "099 x", "+20 x", "2000", "20", " 200 OK", "200\tOK", "999 x"}
	lineEnds  = []string{"\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\n", "\r", "\r\r\n", " \r\n", ""}
	headLines = []string{
		"Host: a", "Host: a", "Host: a", "Host: a", "Host:", "Host: a:80", "Host: a/b", "Host: [::1]", "Host : a", "hOST: %4",
		"Content-Length: 3", "Content-Length: 3", "Content-Length: 03", "Content-Length: 4", "Content-Length: +3", "Content-Length:", "Content-Length: 3, 3", "Content-Length: 9223372036854775808", "Content-Length : 3",
		"Transfer-Encoding: chunked", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked", "transfer-encoding: CHUNKED", "Transfer-Encoding: ,chunked", "Transfer-Encoding: chunked, chunked", "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: chunked, gzip", "Transfer-Encoding: gzip", "Transfer-Encoding:", "Transfer-Encoding: ,", "Transfer-Encoding: chunked;a", "Transfer-Encoding: ;", "Transfer-Encoding: \vchunked",
		"Connection: close", "Connection: keep-alive", "Connection: x,CLOSE ,", "Connection: keep-alive, close", "Connection:", "Connection: clo\x00se",
		"Expect: 100-continue", "Trailer: A", "Trailer: Content-Length", "Trailer: a, Trailer", "Pragma: no-cache", "Cache-Control: x",
		"A: b", "A:b \t", "A:", " c", "\tc", "A", ": b", "A b: c", "A\t: b", "A: b\x7f", "A: \xff", "\xff: b", ":", " :", "a^b: c",
	}
	contents = []string{"", "abc", "abcGET / HTTP/1.1", "3", "0"}
	sizes    = []string{"3", "3", "3", "03", "3;a", "3;a=\"b\"", "3 ;a", "3 ", "3\t", "3;\x00", "3;\r", "x3", "0x3", "-3", "", "00000000000000003", "10000000000000003", "ffffffffffffffff", "7fffffffffffffff", "4", "2"}
	lasts    = []string{"0", "0", "0", "00", "0;a", "0 ", "0 ;a", "-0", ""}
)

// assemble puts a message together.
func assemble(r *rand.Rand, response bool) []byte {
	pick := func(from []string) string { return from[r.IntN(len(from))] }
	end := func() string {
		if r.IntN(4) > 0 {
			return "\r\n"
		}
		return pick(lineEnds)
	}
	var m string
	switch {
	case response:
		m = pick(versions) + " " + pick(codes) + end()
	case r.IntN(20) == 0:
		m = end()
		fallthrough
	default:
		m += pick(methods) + " " + pick(targets) + " " + pick(versions) + end() + "Host: a" + end()
	}
	for range r.IntN(4) {
		m += pick(headLines) + end()
	}
	m += end()
	if r.IntN(3) == 0 {
		return []byte(m + pick(contents))
	}
	for range r.IntN(3) {
		m += pick(sizes) + end() + "abc" + end()
	}
	m += pick(lasts) + end()
	for range max(0, r.IntN(6)-3) {
		m += pick(headLines) + end()
	}
	return []byte(m + end() + pick(contents))
}

// Messages that are almost sound find what random bytes do not. The seeds are
// fixed: this is a table, only a long one.
func TestAssembledMessages(t *testing.T) {
	const count = 20_000
	taken := 0
	for seed := range uint64(count) {
		r := rand.New(rand.NewPCG(seed, 0))
		response, head := r.IntN(2) == 0, r.IntN(4) == 0
		in := assemble(r, response)
		compare(t, in, response, head)
		if t.Failed() {
			t.Fatalf("seed %d, response %v, head %v", seed, response, head)
		}
		if wire, _ := verdicts(in, response, head); wire.err == nil {
			taken++
		}
	}
	// A generator whose every message is refused would compare nothing.
	if taken < count/20 {
		t.Errorf("only %d of %d messages are sound", taken, count)
	}
}

package wire

import (
	"strings"
	"testing"
)

func TestLimitsOnRequests(t *testing.T) {
	lim := Limits{Head: 60, Fields: 2, Body: 10}
	long := strings.Repeat("a", 80)
	tests := []struct {
		in     string
		lim    Limits
		status int // 0: taken
		why    string
	}{
		{"GET /" + long + " HTTP/1.1\r\nHost: a\r\n\r\n", lim, 414, "RFC 9112, 3: the target"},
		{"GET /" + long, lim, 414, "the same without its end: no more is waited for"},
		{long + " / HTTP/1.1\r\nHost: a\r\n\r\n", lim, 501, "RFC 9112, 3: the method"},
		{strings.Repeat("\r\n", 40), lim, 400, "empty lines for ever"},
		{"GET / HTTP/1.1\r\nHost: a\r\nA: " + long + "\r\n\r\n", lim, 431, "RFC 6585, 5: one field"},
		{"GET / HTTP/1.1\r\nHost: a\r\n" + long, lim, 431, "RFC 6585, 5: a field's name, unfinished"},
		{"GET / HTTP/1.1\r\nHost: a\r\nA: " + long[:60-16-9-3-4] + "\r\n\r\n", lim, 0, "a head of exactly the limit"},
		{"GET / HTTP/1.1\r\nHost: a\r\nA: " + long[:61-16-9-3-4] + "\r\n\r\n", lim, 431, "one byte more"},
		{"GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n\r\n" + long, lim, 0, "what is behind a head does not count"},
		{"GET / HTTP/1.1\r\nHost: a\r\nA: b\r\nC: d\r\n\r\n", lim, 431, "RFC 6585, 5: too many fields"},
		{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n", lim, 0, "a body of exactly the limit"},
		{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n", lim, 413, "RFC 9110, 15.5.14: refused before it is sent"},
		{"GET / HTTP/1.1\r\nHost: a\r\nA:" + strings.Repeat("a", 17<<10) + "\r\n\r\n", Limits{}, 431, "zero stands for the default"},
		{"GET / HTTP/1.1\r\nHost: a\r\nA:" + strings.Repeat("a", 15<<10) + "\r\n\r\n", Limits{}, 0, "zero stands for the default"},
		{"GET / HTTP/1.1\r\nHost: a\r\n" + strings.Repeat("A:b\r\n", 127) + "\r\n", Limits{}, 0, "the default number of fields"},
		{"GET / HTTP/1.1\r\nHost: a\r\n" + strings.Repeat("A:b\r\n", 128) + "\r\n", Limits{}, 431, "one more"},
		{"GET / HTTP/1.1\r\nA : b\r\n" + long, lim, 400, "a fault before the limit is the one reported"},
	}
	var r Request // reused: what one head left behind is not taken for the next
	for _, tt := range tests {
		t.Run(tt.why, func(t *testing.T) {
			n, err := ParseRequest([]byte(tt.in), &r, tt.lim)
			if status(err) != tt.status || n == 0 && err == nil {
				t.Errorf("%.200q\ngot %d, %v; want status %d", tt.in, n, err, tt.status)
			}
			// Bytes that come one by one meet the same verdict.
			if n, err := feedRequest(tt.in, &r, tt.lim); status(err) != tt.status || n == 0 && err == nil {
				t.Errorf("byte by byte: got %d, %v; want status %d", n, err, tt.status)
			}
		})
	}
}

// feedRequest parses ever longer prefixes of in until there is a verdict.
func feedRequest(in string, r *Request, lim Limits) (int, error) {
	for end := range len(in) + 1 {
		if n, err := ParseRequest([]byte(in)[:end], r, lim); n > 0 || err != nil {
			return n, err
		}
	}
	return 0, nil
}

// Up to 1 KiB a fault is seen at once. Beyond, only the end of the head is
// looked for, which is what keeps a head that trickles in cheap.
func TestALongHeadIsParsedWhenItIsWhole(t *testing.T) {
	var r Request
	for _, start := range []string{"", "\r\n\r\n"} {
		short := start + "GET / HTTP/1.1\r\nA : b\r\n"
		long := short + "C: " + strings.Repeat("d", 1<<10)
		if n, err := ParseRequest([]byte(short), &r, Limits{}); status(err) != 400 {
			t.Errorf("%q: got %d, %v", short, n, err)
		}
		if n, err := ParseRequest([]byte(long), &r, Limits{}); n != 0 || err != nil {
			t.Errorf("%.50q…: got %d, %v", long, n, err)
		}
		if n, err := ParseRequest([]byte(long+"\r\n\r\n"), &r, Limits{}); status(err) != 400 {
			t.Errorf("%.50q… and its end: got %d, %v", long, n, err)
		}
	}
}

func TestLimitsOnResponses(t *testing.T) {
	lim := Limits{Head: 60, Fields: 2, Body: 10}
	tests := []struct {
		in     string
		head   bool
		status int
		why    string
	}{
		{"HTTP/1.1 200 " + strings.Repeat("a", 80) + "\r\n\r\n", false, 431, "a reason"},
		{answer("A: " + strings.Repeat("a", 80) + "\r\n"), false, 431, "a field"},
		{answer("A: b\r\nC: d\r\nE: f\r\n"), false, 431, "too many fields"},
		{answer("Content-Length: 10\r\n"), false, 0, "a body of exactly the limit"},
		{answer("Content-Length: 11\r\n"), false, 413, "one byte more"},
		{answer("Content-Length: 11\r\n"), true, 0, "but none of it will come"},
	}
	for _, tt := range tests {
		t.Run(tt.why, func(t *testing.T) {
			var r Response
			n, err := ParseResponse([]byte(tt.in), &r, tt.head, lim)
			if status(err) != tt.status || n == 0 && err == nil {
				t.Errorf("%q\ngot %d, %v; want status %d", tt.in, n, err, tt.status)
			}
		})
	}
}

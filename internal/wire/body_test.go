package wire

import (
	"bytes"
	"strings"
	"testing"
)

// decode feeds in to a body in pieces of at most step bytes, and returns the
// content, the number of bytes consumed, and the first error.
func decode(b *Body, in []byte, step int) (content []byte, n int, err error) {
	for !b.Done() {
		end := min(n+step, len(in))
		data, m, err := b.Next(in[n:end])
		content = append(content, data...)
		n += m
		if err != nil {
			return content, n, err
		}
		if m == 0 && end == len(in) {
			break
		}
	}
	return content, n, nil
}

func TestChunkedBodies(t *testing.T) {
	tests := []struct{ in, content, trailers, why string }{
		{"0\r\n\r\n", "", "", "7.1: nothing"},
		{"3\r\nabc\r\n0\r\n\r\n", "abc", "", "7.1: one chunk"},
		{"3\r\nabc\r\n2\r\n\r\n\r\n0\r\n\r\n", "abc\r\n", "", "content is not looked into"},
		{"00000003\r\nabc\r\n000\r\n\r\n", "abc", "", "7.1: 1*HEXDIG, leading zeros"},
		{"a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789", "", "7.1: HEXDIG of either case"},
		{"3;a=b;c=\"d;e\"\r\nabc\r\n0;x\r\n\r\n", "abc", "", "7.1.1: extensions are ignored"},
		{"3 \t;\ta\r\nabc\r\n0\r\n\r\n", "abc", "", "7.1.1: BWS before and in an extension"},
		{"0\r\nA: b\r\nC:  d \r\n\r\n", "", "A=b C=d", "7.1.2: trailers"},
		{"1\r\nx\r\n0\r\nA:\r\nConnection: close\r\n\r\n", "x", "A= Connection=close", "7.1.2: trailers steer nothing"},
	}
	for _, tt := range tests {
		t.Run(tt.why, func(t *testing.T) {
			for step := 1; step <= len(tt.in)+6; step++ {
				var b Body
				b.Reset(Chunked, -1, Limits{})
				content, n, err := decode(&b, []byte(tt.in+"behind"), step)
				if err != nil || n != len(tt.in) || !b.Done() {
					t.Fatalf("in steps of %d: consumed %d of %d, done %v, %v", step, n, len(tt.in), b.Done(), err)
				}
				if string(content) != tt.content || join(b.Trailers) != tt.trailers {
					t.Fatalf("in steps of %d: got %q, trailers %q", step, content, join(b.Trailers))
				}
			}
			for cut := range tt.in {
				var b Body
				b.Reset(Chunked, -1, Limits{})
				if _, n, err := decode(&b, []byte(tt.in[:cut]), cut+1); err != nil || n != cut || b.Done() {
					t.Fatalf("the first %d bytes: consumed %d, done %v, %v", cut, n, b.Done(), err)
				}
			}
		})
	}
}

func join(fields []Field) string {
	var s []string
	for _, f := range fields {
		s = append(s, string(f.Name)+"="+string(f.Value))
	}
	return strings.Join(s, " ")
}

func TestBodiesThatAreRefused(t *testing.T) {
	small := Limits{Head: 20, Fields: 2, Body: 5}
	tests := []struct {
		in      string
		content string // what comes before the error
		lim     Limits
		status  int
		why     string
	}{
		{"\r\n", "", Limits{}, 400, "7.1: a size has a digit"},
		{";a\r\n", "", Limits{}, 400, "7.1: a size has a digit"},
		{"g\r\n", "", Limits{}, 400, "7.1: HEXDIG"},
		{"0x3\r\nabc\r\n", "", Limits{}, 400, "7.1: HEXDIG"},
		{"-3\r\n", "", Limits{}, 400, "7.1: HEXDIG"},
		{"+3\r\n", "", Limits{}, 400, "7.1: HEXDIG"},
		{" 3\r\nabc\r\n", "", Limits{}, 400, "7.1: no white space before a size"},
		{"3 \r\nabc\r\n", "", Limits{}, 400, "7.1.1: BWS belongs to an extension"},
		{"3 3\r\nabc\r\n", "", Limits{}, 400, "7.1: one size"},
		{"3\nabc\r\n", "", Limits{}, 400, "7.1: CRLF after a size"},
		{"3\rabc\r\n", "", Limits{}, 400, "7.1: CRLF after a size"},
		{"3;a\nabc\r\n", "", Limits{}, 400, "7.1.1: CRLF after an extension: a bare LF ends the line for some and not for others"},
		{"3;a\rb\r\nabc\r\n", "", Limits{}, 400, "7.1.1: CR in an extension"},
		{"3;a\x00\r\nabc\r\n", "", Limits{}, 400, "7.1.1: NUL in an extension"},
		{"3\r\nabcd\r\n", "abc", Limits{}, 400, "7.1: CRLF after content: longer than it says"},
		{"3\r\nab\r\n0\r\n\r\n", "ab\r", Limits{}, 400, "7.1: CRLF after content: shorter than it says"},
		{"3\r\nabc\n0\r\n\r\n", "abc", Limits{}, 400, "7.1: CRLF after content"},
		{"3\r\nabc\r0\r\n\r\n", "abc", Limits{}, 400, "7.1: CRLF after content"},
		{"8000000000000000\r\n", "", Limits{}, 400, "7.1: no overflow"},
		{"ffffffffffffffff\r\n", "", Limits{}, 400, "7.1: no overflow"},
		{"10000000000000003\r\nabc\r\n0\r\n\r\n", "", Limits{}, 400, "7.1: no overflow, all the way round"},
		{strings.Repeat("0", 17) + "\r\n\r\n", "", Limits{}, 400, "7.1: nor endless zeros"},
		{"0\r\nA: b\n\r\n", "", Limits{}, 400, "7.1.2: a trailer is a field line"},
		{"0\r\nA: b\n", "", Limits{}, 400, "2.2: LF without CR, seen when it comes"},
		{"0\r\n\n", "", Limits{}, 400, "7.1: CRLF at the end"},
		{"0\r\n\rX\n\r\n", "", Limits{}, 400, "7.1: CRLF at the end"},
		{"0\r\nA : b\r\n\r\n", "", Limits{}, 400, "7.1.2: a trailer is a field line"},
		{"0\r\nA: b\r\n c\r\n\r\n", "", Limits{}, 400, "5.2: line folding"},
		{"0\r\nContent-Length: 3\r\n\r\n", "", Limits{}, 400, "RFC 9110, 6.5.1: framing after the fact"},
		{"0\r\nTransfer-Encoding: chunked\r\n\r\n", "", Limits{}, 400, "RFC 9110, 6.5.1: framing after the fact"},
		{"0\r\nhost: a\r\n\r\n", "", Limits{}, 400, "RFC 9110, 6.5.1: routing after the fact"},
		{"6\r\nabcdef\r\n0\r\n\r\n", "", small, 413, "a chunk above the limit is refused before its content"},
		{"3\r\nabc\r\n3\r\ndef\r\n", "abc", small, 413, "the limit is on the sum"},
		{"2\r\nab\r\n2\r\ncd\r\n2\r\nef\r\n", "abcd", small, 413, "the limit is on the sum of all chunks"},
		{"1\r\na\r\n7fffffffffffffff\r\n", "a", small, 413, "the sum is checked without overflow"},
		{"7fffffffffffffff\r\n", "", small, 413, "the limit is checked without overflow"},
		{"1;aaaaaaaaaa\r\na\r\n1;aaaaaaaaaa\r\n", "a", small, 413, "7.1.1: extensions are limited, in sum"},
		{"1;" + strings.Repeat("a", 19) + "\r\na\r\n1;", "a", small, 413, "7.1.1: limited from the first byte of each"},
		{"1" + strings.Repeat(" ", 21), "", small, 413, "7.1.1: so is white space before them"},
		{"0\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n", "", Limits{Fields: 2}, 431, "the limit on fields is on trailers, too"},
		{"0\r\nA: 012345678901234567\r\n\r\n", "", small, 431, "the limit on heads is on trailers, too"},
		{"0\r\nA: 0123456789012345678901234567", "", small, 431, "also before a line has ended"},
	}
	for _, tt := range tests {
		t.Run(tt.why, func(t *testing.T) {
			for step := 1; step <= len(tt.in); step++ {
				var b Body
				b.Reset(Chunked, -1, tt.lim)
				content, n, err := decode(&b, []byte(tt.in), step)
				if status(err) != tt.status || string(content) != tt.content || b.Done() {
					t.Fatalf("%q in steps of %d: got %q, %v, done %v; want status %d after %q", tt.in, step, content, err, b.Done(), tt.status, tt.content)
				}
				if _, _, again := b.Next([]byte(tt.in[n:])); again != err {
					t.Fatalf("the error is not final: then %v", again)
				}
			}
		})
	}
}

func TestBodiesWithoutChunks(t *testing.T) {
	tests := []struct {
		framing Framing
		length  int64
		lim     Limits
		content string
		done    bool
		status  int
		why     string
	}{
		{NoBody, 0, Limits{}, "", true, 0, "what follows is the next message"},
		{NoBody, 3, Limits{}, "", true, 0, "the answer to HEAD, with the length that GET would have had"},
		{Length, 0, Limits{}, "", true, 0, "6.2: an empty body"},
		{Length, 3, Limits{}, "abc", true, 0, "6.2: the rest is the next message"},
		{Length, 9, Limits{}, "abcdef", false, 0, "6.2: more is to come"},
		{Length, 3, Limits{Body: 3}, "abc", true, 0, "as much as the limit allows"},
		{Length, 4, Limits{Body: 3}, "", false, 413, "a length above the limit is refused before its content"},
		{UntilClose, -1, Limits{}, "abcdef", false, 0, "6.3: only the end of the connection ends it"},
		{UntilClose, -1, Limits{Body: 6}, "abcdef", false, 0, "as much as the limit allows"},
		{UntilClose, -1, Limits{Body: 5}, "", false, 413, "more than the limit allows"},
	}
	for _, tt := range tests {
		t.Run(tt.why, func(t *testing.T) {
			var b Body
			b.Reset(tt.framing, tt.length, tt.lim)
			content, n, err := decode(&b, []byte("abcdef"), 6)
			if string(content) != tt.content || n != len(tt.content) || b.Done() != tt.done || status(err) != tt.status {
				t.Errorf("got %q, %d, %v, done %v", content, n, err, b.Done())
			}
		})
	}
}

func TestABodyIsReused(t *testing.T) {
	var b Body
	b.Reset(Chunked, -1, Limits{})
	if _, _, err := decode(&b, []byte("3;x\r\nabc\r\n0\r\nA: b\r\n\r\n"), 5); err != nil || join(b.Trailers) != "A=b" {
		t.Fatalf("trailers %q, %v", join(b.Trailers), err)
	}
	b.Reset(Chunked, -1, Limits{})
	if b.Done() || len(b.Trailers) != 0 {
		t.Fatalf("after Reset: done %v, trailers %q", b.Done(), join(b.Trailers))
	}
	if _, _, err := decode(&b, []byte("zz"), 2); err == nil {
		t.Fatal("a bad size was taken")
	}
	b.Reset(Length, 3, Limits{})
	if content, _, err := decode(&b, []byte("abcd"), 2); err != nil || string(content) != "abc" {
		t.Fatalf("after an error and Reset: %q, %v", content, err)
	}
}

// Content and the end of a small body come from one call, so that an engine
// handles an ordinary chunked message without going round again.
func TestASmallChunkedBodyTakesOneCall(t *testing.T) {
	in := []byte("3\r\nabc\r\n0\r\n\r\nGET")
	var b Body
	b.Reset(Chunked, -1, Limits{})
	data, n, err := b.Next(in)
	if string(data) != "abc" || !bytes.Equal(in[n:], []byte("GET")) || err != nil || !b.Done() {
		t.Errorf("got %q, %d, %v, done %v", data, n, err, b.Done())
	}
}

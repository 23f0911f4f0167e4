package wire

import (
	"strings"
	"testing"
)

// What is appended reads back as what was meant.
func TestRoundTrips(t *testing.T) {
	fields := [][2]string{{"A", ""}, {"B-c", "d  e\t\xff"}, {"!#$%&'*+-.^_`|~", "1"}}
	content := []string{"hello", "", strings.Repeat("x", 5000), "\r\n0\r\n\r\n"}

	buf := AppendRequestLine(nil, "POST", "/a?b=c")
	buf = AppendField(buf, "Host", "a:80")
	for _, f := range fields {
		buf = AppendField(buf, f[0], f[1])
	}
	buf = AppendField(buf, "Transfer-Encoding", "chunked")
	buf = append(buf, "\r\n"...)
	for _, c := range content {
		buf = AppendChunk(buf, []byte(c))
	}
	buf = AppendLastChunk(buf)

	var r Request
	n, err := ParseRequest(buf, &r, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := summary(&r), "POST /a?b=c 1.1 host=a:80 chunked -1 A= B-c=d  e\t\xff !#$%&'*+-.^_`|~=1 Transfer-Encoding=chunked"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	var b Body
	b.Reset(r.Framing, r.Length, Limits{})
	got, m, err := decode(&b, buf[n:], len(buf))
	if err != nil || !b.Done() || n+m != len(buf) || string(got) != strings.Join(content, "") {
		t.Errorf("got %d bytes of content, %v, done %v, %d of %d consumed", len(got), err, b.Done(), n+m, len(buf))
	}
}

func TestStatusLinesRoundTrip(t *testing.T) {
	for status := 100; status < 1000; status++ {
		buf := AppendStatusLine(nil, status)
		buf = append(AppendLength(buf, int64(status)), "\r\n"...)
		var r Response
		n, err := ParseResponse(buf, &r, false, Limits{})
		if n != len(buf) || err != nil || r.Status != status || r.Minor != 1 {
			t.Fatalf("%q: got %d, %v, %+v", buf, n, err, r)
		}
		if r.Framing == Length && r.Length != int64(status) {
			t.Fatalf("%q: length %d", buf, r.Length)
		}
	}
	if got := string(AppendStatusLine([]byte("x"), 404)); got != "xHTTP/1.1 404 Not Found\r\n" {
		t.Errorf("got %q", got)
	}
	if got := string(AppendStatusLine(nil, 299)); got != "HTTP/1.1 299 \r\n" {
		t.Errorf("a reason that nobody registered: got %q; RFC 9112, 4 asks for the space", got)
	}
}

func TestAStatusThatCannotBeSentPanics(t *testing.T) {
	for _, status := range []int{-1, 0, 99, 1000} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("status %d was written", status)
				}
			}()
			AppendStatusLine(nil, status)
		}()
	}
}

package wire

import (
	"reflect"
	"strings"
	"testing"
)

// Heads that parse; tests and fuzzing start from them.
var soundRequests = []string{
	"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
	"\r\n\r\nGET /index.html?q=1 HTTP/1.0\r\nUser-Agent: x\r\nConnection: keep-alive\r\n\r\n",
	"POST /upload HTTP/1.1\r\nHost: [::1]:8080\r\nContent-Length: 1234567\r\nExpect: 100-continue\r\n\r\n",
	"POST http://b.example/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nX-Y:  a \t b \t\r\nEmpty:\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a\r\n" + strings.Repeat("Name: value\r\n", 100) + "\r\n", // parsed only when whole
	"GET /" + strings.Repeat("long", 400) + " HTTP/1.1\r\nHost: a\r\n\r\n",
}

var soundResponses = []string{
	"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n",
	"HTTP/1.0 404 Not Found\r\nServer: x\r\nSet-Cookie: a=b; c\r\nSet-Cookie: d\r\n\r\n",
	"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n" + strings.Repeat("Name: value\r\n", 100) + "\r\n",
}

// A prefix of a sound head is neither a head nor an error, and what was left
// in the Request by shorter ones does not show in the result.
func TestEveryPrefixOfARequestIsIncomplete(t *testing.T) {
	for _, in := range soundRequests {
		var grown, whole Request
		for cut := range in {
			if n, err := ParseRequest([]byte(in)[:cut], &grown, Limits{}); n != 0 || err != nil {
				t.Fatalf("%.100q: its first %d bytes: got %d, %v", in, cut, n, err)
			}
		}
		n, err := ParseRequest([]byte(in), &grown, Limits{})
		m, err2 := ParseRequest([]byte(in), &whole, Limits{})
		if n != len(in) || m != len(in) || err != nil || err2 != nil {
			t.Fatalf("%.100q: got %d, %v and %d, %v", in, n, err, m, err2)
		}
		if !reflect.DeepEqual(grown, whole) {
			t.Errorf("%.100q: byte by byte %+v\nat once %+v", in, grown, whole)
		}
	}
}

func TestEveryPrefixOfAResponseIsIncomplete(t *testing.T) {
	for _, in := range soundResponses {
		var grown, whole Response
		for cut := range in {
			if n, err := ParseResponse([]byte(in)[:cut], &grown, false, Limits{}); n != 0 || err != nil {
				t.Fatalf("%.100q: its first %d bytes: got %d, %v", in, cut, n, err)
			}
		}
		n, err := ParseResponse([]byte(in), &grown, false, Limits{})
		m, err2 := ParseResponse([]byte(in), &whole, false, Limits{})
		if n != len(in) || m != len(in) || err != nil || err2 != nil {
			t.Fatalf("%.100q: got %d, %v and %d, %v", in, n, err, m, err2)
		}
		if !reflect.DeepEqual(grown, whole) {
			t.Errorf("%.100q: byte by byte %+v\nat once %+v", in, grown, whole)
		}
	}
}

// Requests that arrive in one read are taken one after another, and each sees
// only its own fields.
func TestPipelinedRequests(t *testing.T) {
	in := []byte("GET /1 HTTP/1.1\r\nHost: a\r\nA: b\r\n\r\n" +
		"POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" +
		"POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ndef\r\n0\r\nT: u\r\n\r\n" +
		"\r\nGET /4 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	var got []string
	var r Request
	var b Body
	for len(in) > 0 {
		n, err := ParseRequest(in, &r, Limits{})
		if n == 0 || err != nil {
			t.Fatalf("at %q: %d, %v", in, n, err)
		}
		b.Reset(r.Framing, r.Length, Limits{})
		content, m, err := decode(&b, in[n:], len(in))
		if err != nil || !b.Done() {
			t.Fatalf("body at %q: done %v, %v", in[n:], b.Done(), err)
		}
		got = append(got, summary(&r)+" "+string(content)+join(b.Trailers))
		in = in[n+m:]
	}
	want := []string{
		"GET /1 1.1 host=a none 0 A=b ",
		"POST /2 1.1 host=a length 3 Content-Length=3 abc",
		"POST /3 1.1 host=a chunked -1 Transfer-Encoding=chunked defT=u",
		"GET /4 1.1 host=a none 0 close Connection=close ",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// Field storage is reused: parsing allocates nothing once it has grown, also
// when a head arrives in pieces.
func TestParsingAllocatesNothing(t *testing.T) {
	request, response := []byte(soundRequests[2]), []byte(soundResponses[2])
	body := []byte("3;x\r\nabc\r\n0\r\nA: b\r\n\r\n")
	var r Request
	var s Response
	var b Body
	allocs := testing.AllocsPerRun(100, func() {
		for cut := range len(request) + 1 {
			_, _ = ParseRequest(request[:cut], &r, Limits{})
		}
		for cut := range len(response) + 1 {
			_, _ = ParseResponse(response[:cut], &s, false, Limits{})
		}
		b.Reset(Chunked, -1, Limits{})
		for i := range body {
			_, _, _ = b.Next(body[i : i+1])
		}
	})
	if allocs != 0 || !b.Done() || r.Length != 1234567 || s.Status != 404 {
		t.Errorf("%v allocations; done %v, %+v, %+v", allocs, b.Done(), r, s)
	}
}

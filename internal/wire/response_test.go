package wire

import (
	"fmt"
	"strings"
	"testing"
)

func answer(fields string) string { return "HTTP/1.1 200 OK\r\n" + fields + "\r\n" }

func TestResponsesThatAreRefused(t *testing.T) {
	tests := []struct {
		in     string
		status int
		why    string
	}{
		{"HTTP/2.0 200 OK\r\n\r\n", 505, "2.3: another major version"},
		{"HTTP/1.1\r\n\r\n", 400, "4: no status code"},
		{"HTTP/1.1  200 OK\r\n\r\n", 400, "4: one SP"},
		{"HTTP/1.1\t200 OK\r\n\r\n", 400, "4: SP, not HTAB"},
		{"HTTP/1.1 20 OK\r\n\r\n", 400, "4: 3DIGIT"},
		{"HTTP/1.1 2000 OK\r\n\r\n", 400, "4: 3DIGIT"},
		{"HTTP/1.1 099 OK\r\n\r\n", 400, "RFC 9110, 15: codes begin at 100"},
		{"HTTP/1.1 +20 OK\r\n\r\n", 400, "4: 3DIGIT"},
		{"HTTP/1.1 200OK\r\n\r\n", 400, "4: SP after the code"},
		{"HTTP/1.1 200 O\x00K\r\n\r\n", 400, "4: reason-phrase"},
		{"HTTP/1.1 200 OK\n\r\n", 400, "2.2: LF without CR"},
		{"HTTP/1.1 200 OK\x00\n\r\n", 400, "2.2: LF after something that is no CR"},
		{"HTTP/1.1 200 OK\r\r\n", 400, "2.2: CR without LF"},
		{"\r\nHTTP/1.1 200 OK\r\n\r\n", 400, "2.2: empty lines are skipped before requests only"},
		{"ICY 200 OK\r\n\r\n", 400, "2.3: the name"},
		{"HTTP/1.1 200 OK\r\n A: b\r\n\r\n", 400, "2.2: white space before the first field"},
		{answer("A: b\r\n c\r\n"), 400, "5.2: line folding"},
		{answer("A : b\r\n"), 400, "5.1: white space before the colon"},
		{answer("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), 400, "6.3: both lengths"},
		{answer("Content-Length: 3\r\nContent-Length: 4\r\n"), 400, "6.3: conflicting lengths"},
		{answer("Content-Length: x\r\n"), 400, "6.3: invalid length"},
		{"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "6.1: chunked in 1.0"},
		{answer("Transfer-Encoding: chunked, gzip\r\n"), 400, "6.3: chunked is not final"},
		{answer("Transfer-Encoding: gzip, chunked\r\n"), 501, "6.1: a coding not understood"},
	}
	for _, tt := range tests {
		t.Run(tt.why, func(t *testing.T) {
			var r Response
			n, err := ParseResponse([]byte(tt.in), &r, false, Limits{})
			if status(err) != tt.status || n != 0 {
				t.Errorf("%q\ngot %d, %v; want status %d", tt.in, n, err, tt.status)
			}
		})
	}
}

func TestResponseHeads(t *testing.T) {
	tests := []struct {
		in   string
		head bool
		want string
		why  string
	}{
		{"HTTP/1.1 200 OK\r\n\r\n", false, "1.1 200 OK close -1 close", "6.3: no length: until the connection closes, which it then must"},
		{"HTTP/1.1 200 \r\n\r\n", false, "1.1 200  close -1 close", "4: the reason may be empty"},
		{"HTTP/1.1 200\r\n\r\n", false, "1.1 200  close -1 close", "4: the space before it is missed by nobody"},
		{"HTTP/1.1 299 A b\xc3\xa9\t\r\n\r\n", false, "1.1 299 A b\xc3\xa9\t close -1 close", "4: the reason is free text"},
		{"HTTP/1.1 999 x\r\n\r\n", false, "1.1 999 x close -1 close", "RFC 9110, 15: unknown classes are the caller's"},
		{answer("Content-Length: 3\r\n"), false, "1.1 200 OK length 3", "6.3"},
		{answer("Transfer-Encoding: chunked\r\n"), false, "1.1 200 OK chunked -1", "6.3"},
		{answer("Content-Length: 3\r\nConnection: close\r\n"), false, "1.1 200 OK length 3 close", "9.3"},
		{"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\n", false, "1.0 200 OK length 3 close", "9.3: 1.0 closes"},
		{"HTTP/1.0 200 OK\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\n", false, "1.0 200 OK length 3", "9.3: unless it says otherwise"},
		{"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n", false, "1.0 200 OK close -1 close", "6.3: whatever it says, the end of the body is the end"},
		{answer("Content-Length: 3\r\n"), true, "1.1 200 OK none 3", "6.3: HEAD has no body, and tells what GET would have"},
		{answer("Transfer-Encoding: chunked\r\n"), true, "1.1 200 OK none -1", "6.3: HEAD has no body"},
		{answer(""), true, "1.1 200 OK none -1", "6.3: HEAD has no body, so the connection persists"},
		{"HTTP/1.1 100 Continue\r\n\r\n", false, "1.1 100 Continue none 0", "6.3: 1xx has no body"},
		{"HTTP/1.1 101 Switching Protocols\r\nContent-Length: 3\r\n\r\n", false, "1.1 101 Switching Protocols none 0", "6.3: 1xx has no body"},
		{"HTTP/1.1 204 No Content\r\n\r\n", false, "1.1 204 No Content none 0", "6.3: 204 has no body"},
		{"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", false, "1.1 204 No Content none 0", "6.3: 204 has no body, whatever its fields"},
		{"HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n", false, "1.1 304 Not Modified none 0", "6.3: 304 has no body"},
		{answer("Host: \x80\r\nHost: /\r\nContent-Length: 0\r\n"), false, "1.1 200 OK length 0", "a Host field means nothing here"},
	}
	for _, tt := range tests {
		t.Run(tt.why, func(t *testing.T) {
			var r Response
			n, err := ParseResponse([]byte(tt.in+"behind"), &r, tt.head, Limits{})
			if err != nil || n != len(tt.in) {
				t.Fatalf("%q\ngot %d, %v; want %d", tt.in, n, err, len(tt.in))
			}
			var b strings.Builder
			fmt.Fprintf(&b, "1.%d %d %s %s %d", r.Minor, r.Status, r.Reason, framingNames[r.Framing], r.Length)
			if r.Close {
				b.WriteString(" close")
			}
			if b.String() != tt.want {
				t.Errorf("%q\ngot  %q\nwant %q", tt.in, b.String(), tt.want)
			}
		})
	}
}

package wire

import "testing"

func TestErrorsSayWhatAndWhere(t *testing.T) {
	tests := []struct{ in, want string }{
		{"GET / HTTP/1.1\nHost: a\r\n\r\n", "wire: 400 Bad Request: LF without CR at byte 14"},
		{"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", "wire: 400 Bad Request: line folding, or white space before the first field at byte 22"},
		{"GET / HTTP/1.1\r\nA : b\r\n\r\n", "wire: 400 Bad Request: white space before the colon of a field at byte 17"},
		{"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", "wire: 400 Bad Request: Content-Length that is no number at byte 32"},
		{"GET / HTTP/3.0\r\n\r\n", "wire: 505 HTTP Version Not Supported: major version other than 1 at byte 6"},
	}
	for _, tt := range tests {
		_, err := ParseRequest([]byte(tt.in), &Request{}, Limits{})
		if err == nil || err.Error() != tt.want {
			t.Errorf("%q: got %v, want %s", tt.in, err, tt.want)
		}
	}
}

// The offset is one in the buffer of the call that returned the error, also if
// content came before it.
func TestTheOffsetOfAnErrorInABody(t *testing.T) {
	var b Body
	in := []byte("3\r\nabcX")
	b.Reset(Chunked, -1, Limits{})
	data, n, err := b.Next(in)
	if string(data) != "abc" || n != 6 || err != nil {
		t.Fatalf("got %q, %d, %v", data, n, err)
	}
	_, _, err = b.Next(in[n:])
	if want := "wire: 400 Bad Request: chunk that is longer than its size at byte 0"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	b.Reset(Chunked, -1, Limits{})
	_, _, err = b.Next([]byte("12\rX"))
	if want := "wire: 400 Bad Request: CR without LF after a chunk size at byte 3"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

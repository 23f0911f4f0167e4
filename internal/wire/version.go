package wire

import "net/http"

// parseVersion reads the minor version of the HTTP/1.x at buf[i:]. It returns
// -1 if there is none, with an error unless buf ended too early to tell. A
// minor version above 1 is read as one: it can only add what may be ignored
// (RFC 9110, 2.5).
func parseVersion(buf []byte, i int) (minor int, err *Error) {
	if v := buf[i:]; len(v) >= len("HTTP/1.1") && string(v[:len("HTTP/1.")]) == "HTTP/1." && v[7]-'0' <= 9 {
		return int(v[7] - '0'), nil
	}
	const pattern = "HTTP/0.0" // 0: any digit
	for j := range pattern {
		switch {
		case i+j == len(buf):
			return -1, nil
		case pattern[j] == '0' && buf[i+j]-'0' <= 9:
		case pattern[j] != buf[i+j]:
			return -1, bad(i+j, "malformed HTTP version")
		}
	}
	return -1, &Error{http.StatusHTTPVersionNotSupported, "major version other than 1", i}
}

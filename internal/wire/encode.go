package wire

import (
	"fmt"
	"net/http"
	"strconv"
)

// AppendRequestLine appends the first line of an HTTP/1.1 request. The caller
// vouches for both: a token, and a target without white space.
func AppendRequestLine(dst []byte, method, target string) []byte {
	dst = append(dst, method...)
	dst = append(dst, ' ')
	dst = append(dst, target...)
	return append(dst, " HTTP/1.1\r\n"...)
}

// statusLines has the lines of the registered status codes.
var statusLines = func() (lines [600]string) {
	for code := range lines {
		if text := http.StatusText(code); text != "" {
			lines[code] = fmt.Sprintf("HTTP/1.1 %d %s\r\n", code, text)
		}
	}
	return lines
}()

// AppendStatusLine appends the first line of a response. It is that of
// HTTP/1.1 for older clients, too: it names what the server can do (RFC 9110,
// 2.5). It panics if the status is not from 100 to 999, as net/http does.
func AppendStatusLine(dst []byte, status int) []byte {
	if status < 100 || status > 999 {
		panic(fmt.Sprintf("wire: status %d is not from 100 to 999", status))
	}
	if status < len(statusLines) && statusLines[status] != "" {
		return append(dst, statusLines[status]...)
	}
	dst = append(dst, "HTTP/1.1 "...)
	dst = strconv.AppendInt(dst, int64(status), 10)
	return append(dst, " \r\n"...)
}

// AppendField appends a field line. The caller vouches for the field being
// valid: see [ValidFieldName] and [ValidFieldValue].
func AppendField(dst []byte, name, value string) []byte {
	dst = append(dst, name...)
	dst = append(dst, ':', ' ')
	dst = append(dst, value...)
	return append(dst, '\r', '\n')
}

// AppendLength appends a Content-Length field.
func AppendLength(dst []byte, n int64) []byte {
	dst = append(dst, "Content-Length: "...)
	dst = strconv.AppendInt(dst, n, 10)
	return append(dst, '\r', '\n')
}

// AppendChunk appends data as one chunk, and nothing if there is none: an
// empty chunk is the last one.
func AppendChunk(dst, data []byte) []byte {
	if len(data) == 0 {
		return dst
	}
	dst = strconv.AppendInt(dst, int64(len(data)), 16)
	dst = append(dst, '\r', '\n')
	dst = append(dst, data...)
	return append(dst, '\r', '\n')
}

// AppendLastChunk appends the end of a chunked body without trailers. With
// trailers, append "0\r\n", the fields, and "\r\n".
func AppendLastChunk(dst []byte) []byte {
	return append(dst, "0\r\n\r\n"...)
}

// Package wire reads and writes HTTP/1.1 messages on byte buffers, in both
// directions. It does no I/O and keeps no copies: the caller owns a buffer,
// appends what arrives, and asks after each read
//
//	n, err := wire.ParseRequest(buf, &req, limits) // 0, nil: read more
//	body.Reset(req.Framing, req.Length, limits)
//	for !body.Done() {
//		data, m, err := body.Next(buf[n:])         // m == 0, no error: read more
//		n += m
//	}                                              // the next request starts at buf[n]
//
// A client does the same with [ParseResponse]. What is written is appended to
// a buffer by the Append functions. Once slices have grown to the size that
// the traffic needs, nothing here allocates.
//
// RFC 9112 is the judge, RFC 9110 for fields. Where either lets a recipient
// choose between repairing a message and refusing it, wire refuses: two
// recipients that repair differently see different messages in the same bytes
// (RFC 9112, 11.2). After an [*Error] the connection cannot be used further.
package wire

// A Field is one field line. Both slices point into the parsed buffer.
type Field struct {
	Name  []byte // as written; compare it without regard to case
	Value []byte // without the white space around it
}

// Framing says how the end of a message body is found.
type Framing uint8

// The framings.
const (
	NoBody     Framing = iota // the message ends with its head
	Length                    // after a known number of bytes
	Chunked                   // with the last chunk and its trailers
	UntilClose                // with the connection; responses only
)

// Lookup returns the value of the first field of that name, compared without
// regard to case.
func Lookup(fields []Field, name string) ([]byte, bool) {
	for i := range fields {
		if len(fields[i].Name) == len(name) && equalFold(fields[i].Name, name) {
			return fields[i].Value, true
		}
	}
	return nil, false
}

// equalFold compares ASCII without regard to case; the lengths are equal.
func equalFold(b []byte, s string) bool {
	for i := range b {
		if b[i] != s[i] && lower(b[i]) != lower(s[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c | 0x20
	}
	return c
}

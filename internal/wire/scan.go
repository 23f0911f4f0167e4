package wire

import (
	"encoding/binary"
	"math/bits"
)

// Classes of bytes.
const (
	tokenByte byte = 1 << iota // tchar (RFC 9110, 5.6.2): field names, methods
	valueByte                  // field values: VCHAR, obs-text, SP, HTAB (RFC 9110, 5.5)
	hostByte                   // unreserved and sub-delims of RFC 3986: a registered name
)

var class = func() (t [256]byte) {
	for c := range 256 {
		alnum := '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if alnum {
			t[c] |= tokenByte | hostByte
		}
		if c >= ' ' && c != 0x7f || c == '\t' {
			t[c] |= valueByte
		}
	}
	for _, c := range []byte("!#$%&'*+-.^_`|~") {
		t[c] |= tokenByte
	}
	for _, c := range []byte("-._~!$&'()*+,;=") {
		t[c] |= hostByte
	}
	return t
}()

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// below marks (in their high bits) bytes of x less than m, and equal those
// that are c. A mark above the lowest one may be false, borrowed from it; the
// lowest never is. Bytes from 0x80 are never below.
func below(x uint64, m byte) uint64 { return (x - ones*uint64(m)) &^ x & highs }
func equal(x uint64, c byte) uint64 { return below(x^ones*uint64(c), 1) }

// tokenEnd returns the index of the first byte from i on that is no tchar.
func tokenEnd(b []byte, i int) int {
	for i < len(b) && class[b[i]]&tokenByte != 0 {
		i++
	}
	return i
}

// valueEnd returns the index of the first byte from i on that cannot stand in
// a field value: in a sound message, the CR.
func valueEnd(b []byte, i int) int {
	for i+8 <= len(b) {
		x := binary.LittleEndian.Uint64(b[i:])
		marks := below(x, ' ') | equal(x, 0x7f)
		if marks == 0 {
			i += 8
			continue
		}
		i += bits.TrailingZeros64(marks) / 8
		if b[i] != '\t' {
			return i
		}
		i++
	}
	for i < len(b) && class[b[i]]&valueByte != 0 {
		i++
	}
	return i
}

// targetEnd returns the index of the first byte from i on that is not visible
// ASCII: in a sound message, the space after the request target.
func targetEnd(b []byte, i int) int {
	for i+8 <= len(b) {
		x := binary.LittleEndian.Uint64(b[i:])
		if marks := below(x, '!') | equal(x, 0x7f) | x&highs; marks != 0 {
			return i + bits.TrailingZeros64(marks)/8
		}
		i += 8
	}
	for i < len(b) && '!' <= b[i] && b[i] <= '~' {
		i++
	}
	return i
}

// trim cuts optional white space (RFC 9110, 5.6.3) off both ends.
func trim(b []byte) []byte {
	for len(b) > 0 && blank(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && blank(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

func blank(c byte) bool { return c == ' ' || c == '\t' }

package wire

import (
	"bytes"
	"math"
	"net/http"
)

// chunkState is what a chunked body goes on with.
type chunkState uint8

const (
	chunkSize    chunkState = iota // a digit of the size, or what follows it
	chunkBlank                     // white space after the size: only before an extension
	chunkExt                       // an extension, up to the CR
	chunkSizeLF                    // the LF after size or extension
	chunkData                      // content
	chunkDataCR                    // the CR after content
	chunkDataLF                    // the LF after that
	chunkTrailer                   // a line of the trailers, or the empty one
	chunkDone
)

// chunkReader is the part of a [Body] that only chunks need. Every byte is
// consumed as it comes, so none is looked at twice.
type chunkReader struct {
	state   chunkState
	digits  int    // of the size being read
	ext     int    // bytes of extensions in the whole body
	section []byte // trailers, copied: lines come in pieces
	line    int    // where in section the present line starts
}

func (c *chunkReader) reset() {
	c.state, c.digits, c.ext, c.line = chunkSize, 0, 0, 0
	c.section = c.section[:0]
}

// nextChunked consumes chunk framing up to and behind the next piece of
// content. An error is left in b.err; behind content it is noticed, but the
// content goes out first.
func (b *Body) nextChunked(buf []byte) (data []byte, n int) {
	for n < len(buf) && b.chunks.state != chunkDone {
		if b.chunks.state == chunkData {
			if data != nil {
				return data, n
			}
			k := int(min(b.remain, int64(len(buf)-n)))
			data = buf[n : n+k]
			n += k
			if b.remain -= int64(k); b.remain == 0 {
				b.chunks.state = chunkDataCR
			}
			continue
		}
		k, err := b.frame(buf[n:])
		if err != nil {
			if len(data) == 0 { // otherwise the next call starts at n
				err.Offset += n
			}
			b.err = err
			return data, n
		}
		n += k
	}
	return data, n
}

// frame consumes some bytes of chunk framing, at least one, all in one state.
func (b *Body) frame(buf []byte) (int, *Error) {
	c := &b.chunks
	switch c.state {
	case chunkSize:
		return b.size(buf)
	case chunkBlank:
		switch {
		case blank(buf[0]):
			return 1, c.extend(1, b.limits)
		case buf[0] == ';':
			c.state = chunkExt
			return 1, c.extend(1, b.limits)
		}
		return 0, bad(0, "white space after a chunk size")
	case chunkExt:
		return c.extension(buf, b.limits)
	case chunkSizeLF:
		if buf[0] != '\n' {
			return 0, bad(0, "CR without LF after a chunk size")
		}
		c.digits = 0
		c.state = chunkData
		if b.remain == 0 {
			c.state = chunkTrailer
		}
	case chunkDataCR:
		if buf[0] != '\r' {
			return 0, bad(0, "chunk that is longer than its size")
		}
		c.state = chunkDataLF
	case chunkDataLF:
		if buf[0] != '\n' {
			return 0, bad(0, "CR without LF after a chunk")
		}
		c.state = chunkSize
	case chunkTrailer:
		return b.trailer(buf)
	}
	return 1, nil
}

// size reads digits of a chunk size. Sixteen hold every size there is; more
// would be a way to send without end.
func (b *Body) size(buf []byte) (int, *Error) {
	c := &b.chunks
	for i, ch := range buf {
		d := hexDigit(ch)
		if d < 0 {
			if c.digits == 0 {
				return 0, bad(i, "chunk without a size")
			}
			return i + 1, b.afterSize(ch, i)
		}
		if c.digits++; c.digits > 16 || b.remain > math.MaxInt64>>4 {
			return 0, bad(i, "chunk size beyond 63 bits")
		}
		b.remain = b.remain<<4 | int64(d)
	}
	return len(buf), nil
}

// afterSize takes the byte at offset i, which ends a size.
func (b *Body) afterSize(ch byte, i int) *Error {
	c := &b.chunks
	switch {
	case ch == '\r':
		c.state = chunkSizeLF
	case ch == ';', blank(ch):
		c.state = chunkExt
		if ch != ';' {
			c.state = chunkBlank
		}
		if err := c.extend(1, b.limits); err != nil {
			return err
		}
	case ch == '\n':
		return bad(i, "LF without CR after a chunk size")
	default:
		return bad(i, "chunk size that is no hexadecimal number")
	}
	if b.limits.Body > 0 && b.remain > b.limits.Body-b.total {
		return bodyTooLarge(i)
	}
	b.total += b.remain
	return nil
}

// extension skips extensions: none is known, and unknown ones are ignored (RFC
// 9112, 7.1.1). A control character is no part of any.
func (c *chunkReader) extension(buf []byte, lim Limits) (int, *Error) {
	i := valueEnd(buf, 0)
	if err := c.extend(i, lim); err != nil || i == len(buf) {
		return i, err
	}
	if buf[i] != '\r' {
		return 0, badLineEnd(buf, i, "invalid byte in a chunk extension")
	}
	c.state = chunkSizeLF
	return i + 1, nil
}

func (c *chunkReader) extend(n int, lim Limits) *Error {
	if c.ext += n; c.ext > lim.Head {
		return &Error{http.StatusRequestEntityTooLarge, "chunk extensions longer than the limit for heads", n}
	}
	return nil
}

// trailer collects a line, or what is there of it; the empty one ends the body.
func (b *Body) trailer(buf []byte) (int, *Error) {
	c := &b.chunks
	if len(c.section) == 0 && len(buf) > 1 && buf[0] == '\r' && buf[1] == '\n' {
		c.state = chunkDone
		return 2, nil
	}
	n, ended := len(buf), false
	if i := bytes.IndexByte(buf, '\n'); i >= 0 {
		n, ended = i+1, true
	}
	if len(c.section)+n > b.limits.Head {
		return 0, &Error{http.StatusRequestHeaderFieldsTooLarge, "trailers longer than the limit for heads", n}
	}
	c.section = append(c.section, buf[:n]...)
	if !ended {
		return n, nil
	}
	switch line := c.section[c.line:]; {
	case len(line) < 2 || line[len(line)-2] != '\r':
		return 0, bad(n-1, "LF without CR")
	case len(line) > 2:
		c.line = len(c.section)
		return n, nil
	}
	if _, err := readFields(c.section, 0, trailers, &b.Trailers, b.limits.Fields, &control{length: -1}); err != nil {
		err.Offset = n // where it was noticed; the line itself may have come with another call
		return 0, err
	}
	c.state = chunkDone
	return n, nil
}

// hexDigit returns the value of a hexadecimal digit, or -1.
func hexDigit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

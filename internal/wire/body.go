package wire

import "net/http"

// A Body decodes one message body. It is reused: [Body.Reset] starts the next.
type Body struct {
	// Trailers are the fields after a chunked body, complete when it is done
	// and valid until the next Reset; they point into memory of the Body. They
	// are never part of the head's fields (RFC 9110, 6.5.1).
	Trailers []Field

	framing Framing
	remain  int64 // bytes of content still to come: of the body, or of the chunk
	limits  Limits
	total   int64 // bytes of content so far, where they are not known before
	err     *Error
	chunks  chunkReader
}

// Reset starts a new body. f and length are a head's Framing and Length.
func (b *Body) Reset(f Framing, length int64, lim Limits) {
	b.Trailers = b.Trailers[:0]
	b.framing, b.remain, b.total, b.err = f, 0, 0, nil
	b.limits = lim.orDefaults()
	b.chunks.reset()
	if f == Length {
		b.remain = length
	}
	if b.limits.Body > 0 && b.remain > b.limits.Body {
		b.err = bodyTooLarge(0)
	}
}

func bodyTooLarge(offset int) *Error {
	return &Error{http.StatusRequestEntityTooLarge, "body above the limit", offset}
}

// Next consumes the n first bytes of buf. Of these, data is content; it is a
// part of buf and may be empty. Call it again with buf[n:] until Done; when n
// is 0 with a nil error, with more bytes. An error is an [*Error] and final.
func (b *Body) Next(buf []byte) (data []byte, n int, err error) {
	if b.err != nil {
		return nil, 0, b.err
	}
	switch b.framing {
	case Length:
		n = int(min(int64(len(buf)), b.remain))
		b.remain -= int64(n)
		return buf[:n], n, nil
	case Chunked:
		data, n = b.nextChunked(buf)
	case UntilClose:
		b.total += int64(len(buf))
		if b.limits.Body > 0 && b.total > b.limits.Body {
			b.err = bodyTooLarge(len(buf))
			return nil, 0, b.err
		}
		return buf, len(buf), nil
	}
	if b.err != nil && len(data) == 0 {
		return nil, n, b.err
	}
	return data, n, nil
}

// Done reports whether the whole body was consumed. A body that lasts until
// the connection closes is never done: the caller ends it at end of file.
func (b *Body) Done() bool {
	switch b.framing {
	case Length:
		return b.remain == 0
	case Chunked:
		return b.chunks.state == chunkDone
	case UntilClose:
		return false
	}
	return true
}

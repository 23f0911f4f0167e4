package wire

import "bytes"

// Limits bound what a peer can make the reader of a message hold. A Head or
// Fields of 0 stands for the one in [DefaultLimits].
type Limits struct {
	Head   int   // bytes of start line and fields; also of trailers, and of chunk extensions
	Fields int   // number of field lines; also of trailers
	Body   int64 // bytes of decoded body; 0: no limit
}

// DefaultLimits fit ordinary traffic: heads of 16 KiB, between the 8 KiB of
// Tomcat (maxHttpHeaderSize) and the 32 KiB of nginx
// (large_client_header_buffers), and 128 fields, Tomcat's maxHeaderCount of
// 100 rounded up.
var DefaultLimits = Limits{Head: 16 << 10, Fields: 128}

func (l Limits) orDefaults() Limits {
	if l.Head <= 0 {
		l.Head = DefaultLimits.Head
	}
	if l.Fields <= 0 {
		l.Fields = DefaultLimits.Fields
	}
	return l
}

// eager is the size up to which an incomplete head is parsed at every call, so
// that rubbish is refused at once. A longer head is parsed when its end has
// arrived or no more of it may come: looking for the end costs a tenth of
// parsing or less, so that a head sent a byte at a time is no dearer to look at
// than to receive: about 1 µs a byte at worst, for heads of 16 KiB
// (BenchmarkHeadByteByByte).
const eager = 1 << 10

var headEnd = []byte("\r\n\r\n")

// worthParsing reports whether buf, with a head from start on, is short, or
// holds the whole head, or as much as may come.
func (l Limits) worthParsing(buf []byte, start int) bool {
	return len(buf) <= eager || len(buf) >= l.Head || bytes.Contains(buf[start:], headEnd)
}

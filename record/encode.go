package record

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"sync"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// Encode returns h in HdrHistogram's V2 compressed form, base64 ("HISTFAAAA…").
//
// The library's own Encode takes 900 kB of garbage and most of a millisecond
// each time. The load generator encodes some twenty histograms in every second
// of a measurement, on CPUs that are to be on time, so it is done here: the
// same bytes before compression, by a compressor that is used again.
func (h *Hist) Encode() (string, error) {
	e := encoders.Get().(*encoder)
	defer encoders.Put(e)
	return e.encode(h.h)
}

// The layout is that of AbstractHistogram.encodeIntoByteBuffer and
// encodeIntoCompressedByteBuffer in HdrHistogram (Java).
const (
	v2Cookie           = uint32(hdr.V2EncodingCookieBase) | 0x10
	v2CompressedCookie = uint32(hdr.V2CompressedEncodingCookieBase) | 0x10
	v2HeaderLen        = 40
)

type encoder struct {
	plain  []byte
	packed bytes.Buffer
	zlib   *zlib.Writer
}

// Of an ordinary second, the fastest level makes 8 % more bytes than the best.
var encoders = sync.Pool{New: func() any {
	z, err := zlib.NewWriterLevel(nil, zlib.BestSpeed)
	if err != nil {
		panic(err) // not a level
	}
	return &encoder{zlib: z}
}}

func (e *encoder) encode(h *hdr.Histogram) (string, error) {
	s := h.Export()
	b := append(e.plain[:0], make([]byte, v2HeaderLen)...)
	b = appendCounts(b, s.Counts)
	e.plain = b
	put := binary.BigEndian
	put.PutUint32(b[0:], v2Cookie)
	put.PutUint32(b[4:], uint32(len(b)-v2HeaderLen))
	put.PutUint32(b[8:], 0) // normalizing index offset: the counts are not rotated
	put.PutUint32(b[12:], uint32(s.SignificantFigures))
	put.PutUint64(b[16:], uint64(s.LowestTrackableValue))
	put.PutUint64(b[24:], uint64(s.HighestTrackableValue))
	put.PutUint64(b[32:], 0x3ff0000000000000) // integer to double conversion ratio: 1.0

	e.packed.Reset()
	e.packed.Write(make([]byte, 8))
	e.zlib.Reset(&e.packed)
	if _, err := e.zlib.Write(b); err != nil {
		return "", fmt.Errorf("record: encode histogram: %w", err)
	}
	if err := e.zlib.Close(); err != nil {
		return "", fmt.Errorf("record: encode histogram: %w", err)
	}
	packed := e.packed.Bytes()
	put.PutUint32(packed[0:], v2CompressedCookie)
	put.PutUint32(packed[4:], uint32(len(packed)-8))
	return base64.StdEncoding.EncodeToString(packed), nil
}

// appendCounts appends the counts up to the last that is not zero (of none, the
// first), each as a ZigZag LEB128 number; a run of zeros is one negative number.
func appendCounts(b []byte, counts []int64) []byte {
	end := len(counts)
	for end > 1 && counts[end-1] == 0 {
		end--
	}
	for i := 0; i < end; {
		v := counts[i]
		i++
		if v == 0 {
			for v = -1; i < end && counts[i] == 0; i++ {
				v--
			}
			if v == -1 {
				v = 0 // a single zero is written as itself
			}
		}
		b = appendZigZag(b, v)
	}
	return b
}

// appendZigZag is LEB128 that ends with its ninth byte, which has eight bits.
func appendZigZag(b []byte, v int64) []byte {
	u := uint64(v<<1) ^ uint64(v>>63)
	for n := 0; n < 8 && u >= 0x80; n++ {
		b = append(b, byte(u)|0x80)
		u >>= 7
	}
	return append(b, byte(u))
}

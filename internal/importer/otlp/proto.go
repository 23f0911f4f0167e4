package otlp

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/plimsoll-dev/plimsoll/internal/importer/span"
)

// maxMessage bounds one ResourceSpans, or one message of a file of several.
// Collectors refuse messages far smaller than this (4 MiB by default).
const maxMessage = 256 << 20

// resourceSpansTag is the tag of field 1, resource_spans, of TracesData and of
// ExportTraceServiceRequest: both have the same form.
const resourceSpansTag = 1<<3 | byte(protowire.BytesType)

var errTruncated = errors.New("the file ends in the middle of a message; it is truncated, or no OTLP protobuf\n  copy or export it again")

// zstd is how its frames begin (RFC 8878, 3.1.1): the collector's exporter can compress
// each message by itself, which the program zstd does not unpack.
var (
	zstd      = []byte{0x28, 0xb5, 0x2f, 0xfd}
	errPacked = errors.New("it is compressed by zstd, by itself\n  export again without `compression: zstd`, and compress the file by gzip")
)

// Proto reads a file of protobuf messages. A file of several has the length of
// each before it, in four bytes, the most significant first, which for any
// message of less than 16 MiB begins with a zero, and no message does.
func Proto(r *bufio.Reader, each func(*span.Span)) error {
	first, err := r.Peek(1)
	if err != nil {
		return fmt.Errorf("otlp: %w", err)
	}
	if first[0] == resourceSpansTag {
		return traces(r, each)
	}
	for n := 1; ; n++ {
		var length [4]byte
		if _, err := io.ReadFull(r, length[:]); err == io.EOF {
			return nil
		} else if err != nil {
			return fmt.Errorf("otlp: message %d: %w", n, errTruncated)
		}
		message, err := take(r, uint64(binary.BigEndian.Uint32(length[:])))
		switch {
		case err != nil:
		case bytes.HasPrefix(message, zstd):
			err = errPacked
		default:
			err = traces(bufio.NewReader(bytes.NewReader(message)), each)
		}
		if err != nil {
			return fmt.Errorf("message %d: %w", n, err)
		}
	}
}

// traces reads one TracesData, a ResourceSpans at a time.
func traces(r *bufio.Reader, each func(*span.Span)) error {
	for n := 1; ; n++ {
		tag, err := r.ReadByte()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("otlp: %w", err)
		}
		if tag != resourceSpansTag {
			return fmt.Errorf("otlp: field %d of the message is not resource_spans; the file holds something else than traces\n  export traces, not metrics or logs", tag>>3)
		}
		length, err := binary.ReadUvarint(r)
		if err != nil {
			return fmt.Errorf("otlp: resource_spans %d: %w", n, errTruncated)
		}
		raw, err := take(r, length)
		if err != nil {
			return fmt.Errorf("otlp: resource_spans %d: %w", n, err)
		}
		var rs tracepb.ResourceSpans
		if err := proto.Unmarshal(raw, &rs); err != nil {
			return fmt.Errorf("otlp: resource_spans %d cannot be read: the file is damaged, or no OTLP protobuf\n  copy or export it again", n)
		}
		resource(&rs, each)
	}
}

// take reads n bytes. Memory grows with what is there, not with what is claimed.
func take(r io.Reader, n uint64) ([]byte, error) {
	if n > maxMessage {
		return nil, fmt.Errorf("a message of %d bytes is announced; the file is damaged, or no OTLP protobuf\n  copy or export it again", n)
	}
	var b bytes.Buffer
	if _, err := io.CopyN(&b, r, int64(n)); err == io.EOF {
		return nil, errTruncated
	} else if err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func resource(rs *tracepb.ResourceSpans, each func(*span.Span)) {
	service := ""
	for _, a := range rs.GetResource().GetAttributes() {
		if a.GetKey() == "service.name" {
			service = text(a.GetValue())
		}
	}
	for _, scope := range rs.GetScopeSpans() {
		for _, p := range scope.GetSpans() {
			s := &span.Span{
				Service: service, Name: p.GetName(), Links: len(p.GetLinks()),
				Failed: p.GetStatus().GetCode() == tracepb.Status_STATUS_CODE_ERROR,
				Start:  at(p.GetStartTimeUnixNano()), End: at(p.GetEndTimeUnixNano()), Attrs: span.Attrs{},
			}
			if k := p.GetKind(); k >= 0 && k <= tracepb.Span_SPAN_KIND_CONSUMER {
				s.Kind = span.Kind(k)
			}
			copy(s.Trace[:], p.GetTraceId())
			copy(s.ID[:], p.GetSpanId())
			copy(s.Parent[:], p.GetParentSpanId())
			for _, a := range p.GetAttributes() {
				s.Attrs.Set(a.GetKey(), text(a.GetValue()))
			}
			each(s)
		}
	}
}

// at converts a time; one past the year 2262 is none.
func at(ns uint64) time.Duration {
	if ns > math.MaxInt64 {
		return 0
	}
	return time.Duration(ns)
}

func text(v *commonpb.AnyValue) string {
	switch v := v.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		return v.StringValue
	case *commonpb.AnyValue_IntValue:
		return strconv.FormatInt(v.IntValue, 10)
	case *commonpb.AnyValue_BoolValue:
		return strconv.FormatBool(v.BoolValue)
	}
	return ""
}

package importer

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/plimsoll-dev/plimsoll/internal/importer/span"
	"github.com/plimsoll-dev/plimsoll/model"
)

func sample(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func read(b []byte) (spans []span.Span, err error) {
	err = ReadSpans(bytes.NewReader(b), func(s *span.Span) { spans = append(spans, *s) })
	return spans, err
}

func imported(t *testing.T, b []byte, o Options) (*model.Workload, *Result) {
	t.Helper()
	spans, err := read(b)
	if err != nil {
		t.Fatal(err)
	}
	return mapped(t, spans, o)
}

func compact(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := json.Compact(&out, b); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func packed(b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write(b)
	_ = z.Close()
	return out.Bytes()
}

func TestOTLPInItsForms(t *testing.T) {
	doc := sample(t, "otlp.json")
	line := compact(t, doc)
	for name, in := range map[string][]byte{
		"document":             doc,
		"with byte order mark": append([]byte("\xef\xbb\xbf"), doc...),
		"a line each":          append(append(append([]byte{}, line...), '\n'), line...),
		"gzip":                 packed(doc),
		"Jaeger's API 3":       []byte(`{"result": ` + string(line) + "}\n"),
		"Tempo's API 2":        []byte(`{"trace": ` + string(line) + `, "metrics": {"trace": [1, {}]}}`),
		"Tempo's older API":    bytes.ReplaceAll(doc, []byte("resourceSpans"), []byte("batches")),
		"older names":          bytes.ReplaceAll(doc, []byte("scopeSpans"), []byte("instrumentationLibrarySpans")),
	} {
		t.Run(name, func(t *testing.T) {
			w, res := imported(t, in, Options{})
			if w.Name != "orders" {
				t.Errorf("service %s", w.Name)
			}
			if got, want := outline(w.Routes[0].Steps), "compute, await postgresql-shop/SELECT-shop.orders, compute, await prices.example/GET, compute"; w.Routes[0].Name != "orders-id" || got != want {
				t.Errorf("%s: %s\nwant %s", w.Routes[0].Name, got, want)
			}
			if got := w.Upstream("postgresql-shop").Latency.Mean().String(); got != "15ms" {
				t.Errorf("the database answers in %s", got)
			}
			for _, want := range []string{lostLinks, lostSkew} {
				if !strings.Contains(fmt.Sprint(res.Unmapped), want) {
					t.Errorf("not counted: %s in %v", want, res.Unmapped)
				}
			}
		})
	}
}

func TestAnotherServiceCanBeChosen(t *testing.T) {
	w, _ := imported(t, sample(t, "otlp.json"), Options{Service: "prices"})
	if w.Name != "prices" || outline(w.Routes[0].Steps) != "compute" {
		t.Errorf("%s: %s", w.Name, outline(w.Routes[0].Steps))
	}
}

func TestJaeger(t *testing.T) {
	w, res := imported(t, sample(t, "jaeger.json"), Options{Waits: model.Call})
	// The second branch begins a millisecond into the first: its starter computed for so long.
	want := "compute, call mysql/SQL-SELECT, compute, parallel(call redis/FindDriverIDs | compute, call 0.0.0.0-8083/HTTP-GET-route), compute"
	if got := outline(w.Routes[0].Steps); w.Name != "frontend" || w.Routes[0].Name != "dispatch" || got != want {
		t.Errorf("%s %s: %s\nwant %s", w.Name, w.Routes[0].Name, got, want)
	}
	if got := fmt.Sprint(res.Unmapped); got != "[{1 "+lostFailed+"}]" {
		t.Errorf("not mapped: %s", got)
	}
}

// message is the protobuf form of spans of one service.
func message(spans []span.Span) *tracepb.TracesData {
	text := func(k, v string) *commonpb.KeyValue {
		return &commonpb.KeyValue{Key: k, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: v}}}
	}
	out := &tracepb.TracesData{}
	for len(spans) > 0 {
		n := min(len(spans), 500)
		rs := &tracepb.ResourceSpans{Resource: &resourcepb.Resource{Attributes: []*commonpb.KeyValue{text("service.name", spans[0].Service)}}, ScopeSpans: []*tracepb.ScopeSpans{{}}}
		for _, s := range spans[:n] {
			p := &tracepb.Span{
				TraceId: s.Trace[:], SpanId: s.ID[:], Name: s.Name, Kind: tracepb.Span_SpanKind(s.Kind),
				StartTimeUnixNano: uint64(s.Start), EndTimeUnixNano: uint64(s.End),
			}
			if s.Parent != (span.ID{}) {
				p.ParentSpanId = s.Parent[:]
			}
			for k, v := range s.Attrs {
				p.Attributes = append(p.Attributes, text(k, v))
			}
			rs.ScopeSpans[0].Spans = append(rs.ScopeSpans[0].Spans, p)
		}
		out.ResourceSpans = append(out.ResourceSpans, rs)
		spans = spans[n:]
	}
	return out
}

func TestOTLPProtobufIsReadAsItsSpans(t *testing.T) {
	spans := generate(parse(t, shop), 1000)
	m := message(spans)
	whole, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var framed []byte
	for _, rs := range m.ResourceSpans {
		b, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{rs}})
		if err != nil {
			t.Fatal(err)
		}
		framed = append(binary.BigEndian.AppendUint32(framed, uint32(len(b))), b...)
	}
	for name, in := range map[string][]byte{"one message": whole, "messages with lengths": framed, "gzip": packed(whole)} {
		got, err := read(in)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(got) != len(spans) {
			t.Fatalf("%s: %d spans, want %d", name, len(got), len(spans))
		}
		for i := range got {
			if g, w := fmt.Sprint(got[i]), fmt.Sprint(spans[i]); g != w {
				t.Fatalf("%s: span %d:\n%s\nwant\n%s", name, i, g, w)
			}
		}
	}
}

// damaged changes a byte of what is packed.
func damaged(b []byte) []byte {
	b = bytes.Clone(b)
	b[len(b)-6] ^= 0xff // of the checksum
	return b
}

// A reader that goes on for ever.
type endless byte

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(e)
	}
	return len(p), nil
}

// A document may be of any size, one element of it may not: it would fill the
// memory, and a small gzip file unpacks to as much.
func TestAnElementThatNeverEndsIsNotReadToItsEnd(t *testing.T) {
	const most = 64 << 10 // more than is read at once
	for name, c := range map[string]struct{ begin, want string }{
		"a name":      {"{\"resourceSpans\":[\n {\"a\": \"", "2:2: what begins here has more than 65536 bytes"},
		"the second":  {"{\"resourceSpans\":[{},\n {\"a\": \"", "what begins here has more than"},
		"skipped":     {"{\"a\": \"", "1:2: what begins here has more than"},
		"of Jaeger's": {"{\"data\": [{}, {\"a\": \"", "what begins here has more than"},
	} {
		err := spansJSON(io.MultiReader(strings.NewReader(c.begin), endless('x')), 0, most, func(*span.Span) {})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that says %q", name, err, c.want)
		}
	}
	n, many := 0, strings.Repeat("{\"scopeSpans\":[{\"spans\":[{}]}]},\n", 3*most/32)
	if err := spansJSON(strings.NewReader("{\"resourceSpans\":["+many+"{}]}"), 0, most, func(*span.Span) { n++ }); err != nil || n != 3*most/32 {
		t.Errorf("many small ones: %d were read, error %v", n, err)
	}
	for _, skipped := range []string{strings.Repeat("{\"a\":1},", 3*most/8) + "{}", strings.Repeat("12345,", 3*most/6) + "0"} {
		doc := `{"result": [` + skipped + `], ` + strings.Repeat(`"a":[],`, 3*most/7) + `"resourceSpans": [{"scopeSpans":[{"spans":[{}]}]}]}`
		n = 0
		if err := spansJSON(strings.NewReader(doc), 0, most, func(*span.Span) { n++ }); err != nil || n != 1 {
			t.Errorf("many small ones that are skipped: %d were read, error %v", n, err)
		}
	}
}

func TestWhatIsNoTraceFileGetsASentence(t *testing.T) {
	doc := sample(t, "otlp.json")
	pb, err := proto.Marshal(message(generate(parse(t, shop), 10)))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		in   []byte
		want string
	}{
		"empty":                 {nil, "the file is empty"},
		"white space":           {[]byte(" \n \n"), "the file is empty"},
		"truncated":             {doc[:len(doc)/2], "the file is truncated"},
		"truncated line":        {append(append([]byte{}, doc...), `{"resourceSpans": [`...), "the file is truncated"},
		"truncated protobuf":    {pb[:len(pb)-1], "truncated"},
		"truncated gzip":        {packed(doc)[:200], "the gzip file ends in the middle: it is truncated"},
		"half a gzip header":    {packed(doc)[:3], "the gzip file ends in the middle: it is truncated"},
		"damaged gzip":          {damaged(packed(doc)), "the gzip file is damaged"},
		"zstd in each message":  {append([]byte{0, 0, 0, 8}, 0x28, 0xb5, 0x2f, 0xfd, 1, 2, 3, 4), "message 1: it is compressed by zstd, by itself\n  export again without"},
		"ends in Jaeger's API":  {[]byte("{\"result\": {\"resourceSpans\": []"), "the file is truncated"},
		"no traces in a result": {[]byte(`{"result": [{"a": 1}], "trace": 1}`), "neither resourceSpans (OTLP) nor data (Jaeger)"},
		"results in results":    {[]byte(`{"result": {"result": {"resourceSpans": []}}}`), "neither resourceSpans (OTLP) nor data (Jaeger)"},
		"bottomless":            {bytes.Repeat([]byte(`{"result":`), 20_000), "exceeded max depth"},
		"zip":                   {[]byte("PK\x03\x04..."), "unzip FILE"},
		"UTF-16":                {[]byte("\xff\xfe{\x00"), "iconv"},
		"ends on line 3":        {[]byte("{\"resourceSpans\": [\n  {},\n  {\"scopeSpans\":"), "3:17: the file ends inside a JSON document"},
		"ends in the second":    {[]byte("\n{\"resourceSpans\": []}\n{\"res"), "3:6: the file ends inside a JSON document"},
		"a comma on line 3":     {[]byte("{\"resourceSpans\":[\n  {\"b\":2},\n  {\"a\":1,}\n]}"), "3:10: invalid character '}'"},
		"no comma":              {[]byte("{\"resourceSpans\":[\n  {\"b\":2}\n  {\"a\":1}\n]}"), "3:3: expected comma"},
		"skipped, and broken":   {[]byte("{\"x\":\n {\"y\": oh}}"), "2:8: invalid character 'o'"},
		"another type":          {[]byte("{\"resourceSpans\":[\n  {\"scopeSpans\":\n   [{\"spans\": 3}]}]}"), "3:15: scopeSpans.spans is a JSON number, and has to be an array"},
		"identifier on line 3":  {[]byte("{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[\n {\"name\":\"zz\"},\n {\"traceId\":\"\"}, {\"name\":\"y\", \"spanId\": \"zz\"}]}]}]}"), "3:41: \"zz\" of span \"y\" is no spanId; write 16"},
		"kind on line 2":        {[]byte("{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[\n {\"kind\":\"SERVER\"}]}]}]}"), "2:10: \"SERVER\" is no kind; write a number, or one of SPAN_KIND"},
		"Jaeger's identifier":   {[]byte("{\"data\":[\n {\"spans\":[{\"traceID\":\"1\",\n \"spanID\":\"q\"}]}]}"), "3:11: \"q\" is no identifier; write at most 16"},
		"a list after it":       {[]byte("{\"data\":[]}\n[]"), "2:1: a document begins with [, not with {"},
		"Zipkin":                {[]byte(`[{"traceId": "1"}]`), "Zipkin"},
		"other JSON":            {[]byte(`{"a": 1}`), "neither resourceSpans (OTLP) nor data (Jaeger)"},
		"text":                  {[]byte("hello"), "no trace file does"},
		"zstd":                  {[]byte{0x28, 0xb5, 0x2f, 0xfd, 0}, "zstd -d"},
		"not an array":          {[]byte(`{"resourceSpans": 1}`), "not an array"},
		"wrong identifier":      {[]byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"zz"}]}]}]}`), "1:55: \"zz\" is no traceId; write 32 hexadecimal digits"},
		"wrong time":            {[]byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":"-1"}]}]}]}`), "1:65: \"-1\" is no time; write nanoseconds since 1970"},
		"broken JSON":           {[]byte(`{"resourceSpans":[}`), "invalid character"},
		"metrics":               {[]byte{0x12, 0x00}, "no trace file does"},
		"absurd length":         {[]byte{0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, "damaged"},
		"wrong Jaeger duration": {[]byte(`{"data":[{"spans":[{"duration":-1}]}]}`), "not times in microseconds"},
	} {
		_, err := read(c.in)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that says %q", name, err, c.want)
		}
	}
}

// A file that ends anywhere in the middle is told from a whole one, in a sentence: what
// is there would be imported as if it were all.
func TestAFileThatEndsAnywhereElseIsTruncated(t *testing.T) {
	pb, err := proto.Marshal(message(generate(parse(t, shop), 3)))
	if err != nil {
		t.Fatal(err)
	}
	framed := append(binary.BigEndian.AppendUint32(nil, uint32(len(pb))), pb...)
	for name, whole := range map[string][]byte{
		"OTLP JSON": bytes.TrimSpace(sample(t, "otlp.json")), "Jaeger": bytes.TrimSpace(sample(t, "jaeger.json")),
		"protobuf": pb, "messages with lengths": framed,
		"gzip": packed(sample(t, "otlp.json")), "protobuf in gzip": packed(pb),
	} {
		if _, err := read(whole); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for n := range whole {
			spans, err := read(whole[:n])
			switch {
			case err == nil:
				t.Fatalf("%s: the first %d of %d bytes are read as %d spans", name, n, len(whole), len(spans))
			case n > 1 && !strings.Contains(err.Error(), "truncated"):
				t.Fatalf("%s: of the first %d of %d bytes it is said: %v", name, n, len(whole), err)
			}
		}
	}
}

// counted counts what was read of a file.
type counted struct {
	*bytes.Reader
	read int
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.read += n
	return n, err
}

func TestAFileIsReadAsItsSpansAreSeen(t *testing.T) {
	line := append(compact(t, sample(t, "otlp.json")), '\n')
	file := bytes.Repeat(line, 2000)
	c := &counted{Reader: bytes.NewReader(file)}
	n, ahead := 0, 0
	err := ReadSpans(bufio.NewReader(c), func(*span.Span) {
		n++
		ahead = max(ahead, c.read-n/5*len(line))
	})
	if err != nil || n != 5*2000 {
		t.Fatalf("%d spans, error %v", n, err)
	}
	if ahead > 512<<10 {
		t.Errorf("%d of %d bytes were read ahead of the spans", ahead, len(file))
	}
}

// pathological is what clocks and exporters make of a trace: spans that end before they
// begin, begin before their parent or long ago, have lost their parent or are their own.
func pathological() []span.Span {
	s := func(id, parent byte, kind span.Kind, start, end time.Duration) span.Span {
		return span.Span{Trace: span.TraceID{1}, ID: span.ID{id}, Parent: span.ID{parent}, Service: "a", Name: "GET /x", Kind: kind, Start: start, End: end}
	}
	return []span.Span{
		s(1, 0, span.Server, time.Hour, time.Hour+time.Second), s(2, 1, span.Client, time.Hour+time.Millisecond, time.Hour),
		s(3, 1, span.Client, time.Minute, time.Hour+time.Minute), s(4, 9, span.Producer, time.Hour, time.Hour), s(5, 5, span.Internal, 0, 0),
		s(6, 7, span.Consumer, time.Hour, 2*time.Hour), s(7, 6, span.Server, time.Hour, time.Hour), s(8, 1, 77, 1<<62, 1<<62+1),
	}
}

func FuzzReadSpans(f *testing.F) {
	for _, name := range []string{"otlp.json", "jaeger.json"} {
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	pb, err := proto.Marshal(message(pathological()))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(pb)
	f.Add(append(binary.BigEndian.AppendUint32(nil, uint32(len(pb))), pb...))
	f.Add([]byte(`{"result":{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"01","kind":2}]}]}]},"trace":[{}]}`))
	f.Add([]byte("\x00\x00\x00\x02\x0a\x00"))
	f.Add([]byte("\x0a\x02\x12\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		tr := NewTraces("fuzz")
		if err := ReadSpans(bytes.NewReader(b), tr.Add); err != nil {
			return
		}
		res, err := tr.Workload(Options{Waits: model.Await})
		if err != nil {
			return
		}
		if _, err := res.Document(); err != nil {
			t.Fatalf("%v\n%q", err, b)
		}
	})
}

package wire

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"reflect"
)

// wide are limits that inputs of the size that is fuzzed do not meet.
var wide = Limits{Head: 64 << 10, Fields: 64 << 10}

// A message is what both sides make of the same bytes, in net/http's terms.
type message struct {
	Start    string // method and target, or status; and the minor version
	Host     string
	Fields   http.Header
	Trailers http.Header
	Content  string
	Length   int64
	Close    bool
	Rest     int // bytes behind the message: the next one starts there
}

// wireRequest reads in as one whole request; a head or body that does not end
// is an error, as it is for net/http at end of file.
func wireRequest(in []byte) (*message, error) {
	var r Request
	n, err := ParseRequest(in, &r, wide)
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	m := &message{Start: fmt.Sprintf("%s %s 1.%d", r.Method, r.Target, r.Minor), Host: string(r.Host), Length: r.Length, Close: r.Close}
	m.Fields = header(r.Fields)
	m.Fields.Del("Host")
	return m, m.finish(in, n, r.Framing)
}

func wireResponse(in []byte, head bool) (*message, error) {
	var r Response
	n, err := ParseResponse(in, &r, head, wide)
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	m := &message{Start: fmt.Sprintf("%d %s 1.%d", r.Status, r.Reason, r.Minor), Length: r.Length, Close: r.Close}
	m.Fields = header(r.Fields)
	for _, v := range m.Fields["Connection"] {
		if r.Minor > 0 && listHas([]byte(v), "close") {
			m.Fields.Del("Connection") // ReadResponse takes it out of 1.1: Close says it
			break
		}
	}
	return m, m.finish(in, n, r.Framing)
}

// finish reads the body, and takes net/http's liberties with the fields.
func (m *message) finish(in []byte, n int, framing Framing) error {
	if m.Fields["Transfer-Encoding"] != nil {
		m.Fields.Del("Transfer-Encoding")
		m.Fields.Del("Trailer") // its names become the keys of Request.Trailer
	}
	if p := m.Fields["Pragma"]; len(p) > 0 && p[0] == "no-cache" && m.Fields["Cache-Control"] == nil {
		m.Fields["Cache-Control"] = []string{"no-cache"} // RFC 7234, 5.4
	}
	var b Body
	b.Reset(framing, m.Length, wide)
	content, k, err := decode(&b, in[n:], len(in))
	if err != nil {
		return err
	}
	if !b.Done() && framing != UntilClose {
		return io.ErrUnexpectedEOF
	}
	m.Content, m.Rest, m.Trailers = string(content), len(in)-n-k, header(b.Trailers)
	return nil
}

func header(fields []Field) http.Header {
	h := http.Header{}
	for _, f := range fields {
		name := textproto.CanonicalMIMEHeaderKey(string(f.Name))
		h[name] = append(h[name], string(f.Value))
	}
	return h
}

func netRequest(in []byte) (*message, error) {
	br := bufio.NewReaderSize(bytes.NewReader(in), 64<<10)
	r, err := http.ReadRequest(br)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(r.Body)
	return &message{
		Start: fmt.Sprintf("%s %s 1.%d", r.Method, r.RequestURI, r.ProtoMinor), Host: r.Host, Fields: r.Header,
		Trailers: present(r.Trailer), Content: string(content), Length: r.ContentLength, Close: r.Close, Rest: br.Buffered(),
	}, err
}

func netResponse(in []byte, head bool) (*message, error) {
	br := bufio.NewReaderSize(bytes.NewReader(in), 64<<10)
	request := &http.Request{Method: "GET"}
	if head {
		request.Method = "HEAD"
	}
	r, err := http.ReadResponse(br, request)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(r.Body)
	reason := ""
	if len(r.Status) > len("200 ") {
		reason = r.Status[len("200 "):]
	}
	return &message{
		Start: fmt.Sprintf("%d %s 1.%d", r.StatusCode, reason, r.ProtoMinor), Fields: r.Header,
		Trailers: present(r.Trailer), Content: string(content), Length: r.ContentLength, Close: r.Close, Rest: br.Buffered(),
	}, err
}

// present leaves out trailers that were announced and did not come.
func present(trailer http.Header) http.Header {
	h := http.Header{}
	for name, values := range trailer {
		if values != nil {
			h[name] = values
		}
	}
	return h
}

// differ says in what two accounts of the same message differ, or "".
func differ(wire, net *message) string {
	w, n := reflect.ValueOf(*wire), reflect.ValueOf(*net)
	for i := range w.NumField() {
		if !reflect.DeepEqual(w.Field(i).Interface(), n.Field(i).Interface()) {
			return fmt.Sprintf("%s: wire has %q, net/http %q", w.Type().Field(i).Name, fmt.Sprint(w.Field(i)), fmt.Sprint(n.Field(i)))
		}
	}
	return ""
}

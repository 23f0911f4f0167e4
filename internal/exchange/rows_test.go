package exchange

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// A row is a handler and the bytes of a request to it. "<wait>" in the request
// is where the client waits for 100 Continue.
type row struct {
	request   string
	handler   http.HandlerFunc
	halfClose bool
}

const crlf = "\r\n"

func get(fields ...string) string   { return message("GET / HTTP/1.1", fields, "") }
func get10(fields ...string) string { return message("GET / HTTP/1.0", fields, "") }
func head(fields ...string) string  { return message("HEAD / HTTP/1.1", fields, "") }

func message(line string, fields []string, body string) string {
	for _, f := range append([]string{"Host: example.org"}, fields...) {
		line += crlf + f
	}
	return line + crlf + crlf + body
}

func post(body string, fields ...string) string {
	return message("POST / HTTP/1.1", append(fields, fmt.Sprint("Content-Length: ", len(body))), body)
}

func chunked(body string, fields ...string) string {
	return message("POST / HTTP/1.1", append(fields, "Transfer-Encoding: chunked"), body)
}

func text(s string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, s) }
}

func with(status int, body string, fields ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for _, f := range fields {
			k, v, _ := strings.Cut(f, ": ")
			w.Header().Add(k, v)
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// tell answers with all that a handler sees of the request.
func tell(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	fmt.Fprintf(w, "%s|%s|%s|%d.%d|%s|%#v|%v|%d|%v|%v|%s|%s|%v|", r.Method, r.RequestURI, r.Proto, r.ProtoMajor, r.ProtoMinor,
		r.Host, *r.URL, r.Close, r.ContentLength, r.TransferEncoding, r.Body == http.NoBody, headerText(r.Header), headerText(r.Trailer), err)
	w.Write(body)
}

func echo(w http.ResponseWriter, r *http.Request) {
	n, err := io.Copy(w, r.Body)
	if err != nil {
		fmt.Fprint(w, " after ", n)
	}
}

func quiet(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }

func oracleRows() map[string]row {
	rows := map[string]row{}
	for _, m := range []map[string]row{responseRows(), fieldRows(), requestRows(), bodyRows(), refusalRows()} {
		for k, v := range m {
			if _, twice := rows[k]; twice {
				panic("two rows " + k)
			}
			rows[k] = v
		}
	}
	return rows
}

func responseRows() map[string]row {
	long := strings.Repeat("0123456789abcdef", 1000)
	rows := map[string]row{
		"plain":       {request: get(), handler: text("hello")},
		"empty":       {request: get(), handler: func(http.ResponseWriter, *http.Request) {}},
		"head":        {request: head(), handler: text("hello")},
		"head/long":   {request: head(), handler: text(long)},
		"head/empty":  {request: head(), handler: func(http.ResponseWriter, *http.Request) {}},
		"head/length": {request: head(), handler: with(200, "", "Content-Length: 77")},
		"head/flush":  {request: head(), handler: func(w http.ResponseWriter, r *http.Request) { w.(http.Flusher).Flush() }},
		"flush/first": {request: get(), handler: func(w http.ResponseWriter, r *http.Request) { w.(http.Flusher).Flush(); io.WriteString(w, "<p>x") }},
		"flush/between": {request: get(), handler: func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "<html>")
			w.(http.Flusher).Flush()
			io.WriteString(w, "x")
		}},
		"flush/1.0":          {request: get10("Connection: keep-alive"), handler: func(w http.ResponseWriter, r *http.Request) { w.(http.Flusher).Flush(); io.WriteString(w, "x") }},
		"length/exact":       {request: get(), handler: with(200, "hello", "Content-Length: 5")},
		"length/too little":  {request: get(), handler: with(200, "hell", "Content-Length: 5")},
		"length/none at all": {request: get(), handler: with(200, "", "Content-Length: 5")},
		"length/too much": {request: get(), handler: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "5")
			n, err := io.WriteString(w, "hello!")
			w.Header().Set("Late", "x")
			if n != 0 || err != http.ErrContentLength {
				panic(fmt.Sprint(n, err))
			}
			io.WriteString(w, "h")
		}},
		"length/invalid":  {request: get(), handler: with(200, "hello", "Content-Length: five")},
		"length/negative": {request: get(), handler: with(200, "hello", "Content-Length: -5")},
		"length/with te":  {request: get(), handler: with(200, "hello", "Content-Length: 5", "Transfer-Encoding: chunked")},
		"length/long":     {request: get(), handler: with(200, long, fmt.Sprint("Content-Length: ", len(long)))},
		"length/304":      {request: get(), handler: with(304, "", "Content-Length: 5", "Content-Type: text/plain", "Etag: x")},
		"te/chunked":      {request: get(), handler: with(200, "hello", "Transfer-Encoding: chunked")},
		"te/identity":     {request: get(), handler: with(200, "hello", "Transfer-Encoding: identity")},
		"status/204":      {request: get(), handler: with(204, "ignored", "X: y")},
		"status/304":      {request: get(), handler: with(304, "ignored")},
		"status/404":      {request: get(), handler: http.NotFound},
		"status/101":      {request: get(), handler: with(101, "", "Connection: Upgrade", "Upgrade: x")},
		"status/twice": {request: get(), handler: func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(201)
			w.WriteHeader(500)
			io.WriteString(w, "x")
		}},
		"status/after write": {request: get(), handler: func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "x"); w.WriteHeader(500) }},
		"redirect":           {request: get(), handler: func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/there?x", http.StatusFound) }},
		"write/empty":        {request: get(), handler: func(w http.ResponseWriter, r *http.Request) { w.Write(nil) }},
		"write/nobody error": {request: get(), handler: func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(204)
			if _, err := w.Write([]byte("x")); err != http.ErrBodyNotAllowed {
				panic(err)
			}
		}},
		"1.0":                              {request: get10(), handler: text("hello")},
		"1.0/keep-alive":                   {request: get10("Connection: keep-alive"), handler: text("hello")},
		"1.0/keep-alive long":              {request: get10("Connection: keep-alive"), handler: text(long)},
		"1.0/keep-alive, handler says":     {request: get10("Connection: keep-alive"), handler: with(200, "hello", "Connection: keep-alive", "Content-Length: 5")},
		"1.0/keep-alive, handler closes":   {request: get10("Connection: keep-alive"), handler: with(200, "hello", "Connection: close")},
		"1.0/204":                          {request: get10("Connection: keep-alive"), handler: with(204, "")},
		"1.0/te":                           {request: get10(), handler: with(200, "hello", "Transfer-Encoding: chunked")},
		"1.0/no host":                      {request: "GET / HTTP/1.0\r\n\r\n", handler: tell},
		"close/asked":                      {request: get("Connection: close"), handler: text("hello")},
		"close/asked in list":              {request: get("Connection: te, Close"), handler: text("hello")},
		"close/by handler":                 {request: get(), handler: with(200, "hello", "Connection: close")},
		"close/asked, handler keeps":       {request: get("Connection: close"), handler: with(200, "hello", "Connection: keep-alive")},
		"close/handler has own connection": {request: get("Connection: close"), handler: with(200, "hello", "Connection: x-hop")},
		"connection/own":                   {request: get(), handler: with(200, "hello", "Connection: x-hop")},
		"1xx/103": {request: get(), handler: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Link", "</a>")
			w.Header().Set("Content-Length", "5")
			w.WriteHeader(103)
			w.WriteHeader(102)
			w.Header().Del("Link")
			io.WriteString(w, "hello")
		}},
		"1xx/to 1.0": {request: get10(), handler: func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(103); io.WriteString(w, "hello") }},
		"stream": {request: get(), handler: func(w http.ResponseWriter, r *http.Request) {
			for range 300 {
				io.WriteString(w, "0123456789")
			}
			w.(http.Flusher).Flush()
			io.WriteString(w, long)
		}},
		"trailer/declared":        {request: get(), handler: trailers("Trailer", "Checksum, X-B", "Checksum", "abc")},
		"trailer/prefixed":        {request: get(), handler: trailers("X", "y", http.TrailerPrefix+"Checksum", "abc")},
		"trailer/prefixed before": {request: get(), handler: with(200, "hello", http.TrailerPrefix+"Checksum: abc")},
		"trailer/forbidden":       {request: get(), handler: trailers("Trailer", "Content-Length, If-Match, Good", "Good", "1", "If-Match", "x")},
		"trailer/to 1.0":          {request: get10(), handler: trailers("Trailer", "Checksum", "Checksum", "abc")},
		"trailer/late, short": {request: get(), handler: func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "x")
			w.Header().Set(http.TrailerPrefix+"Late", "1")
		}},
		"panic/before anything": {request: get(), handler: func(http.ResponseWriter, *http.Request) { panic("x") }},
		"panic/buffered": {request: get(), handler: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X", "y")
			io.WriteString(w, "part")
			panic("x")
		}},
		"panic/1xx before": {request: get(), handler: func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(103); panic("x") }},
		"panic/flushed": {request: get(), handler: func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "part")
			w.(http.Flusher).Flush()
			panic("x")
		}},
		"panic/flushed 5000": {request: get(), handler: func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, long[:5000])
			w.(http.Flusher).Flush()
			io.WriteString(w, long[:3000])
			panic("x")
		}},
		"panic/abort": {request: get(), handler: func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "part"); panic(http.ErrAbortHandler) }},
		"panic/abort flushed": {request: get(), handler: func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "part")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}},
		"readfrom/short": {request: get(), handler: func(w http.ResponseWriter, r *http.Request) { io.Copy(w, strings.NewReader("<html>hello")) }},
		"readfrom/long": {request: get(), handler: func(w http.ResponseWriter, r *http.Request) {
			w.(io.ReaderFrom).ReadFrom(onlyReader{strings.NewReader(long)})
		}},
		"readfrom/length": {request: get(), handler: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(long)))
			w.(io.ReaderFrom).ReadFrom(onlyReader{strings.NewReader(long)})
		}},
		"readfrom/head": {request: head(), handler: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(long)))
			w.(io.ReaderFrom).ReadFrom(onlyReader{strings.NewReader(long)})
		}},
		"readfrom/error": {request: get(), handler: func(w http.ResponseWriter, r *http.Request) {
			_, err := w.(io.ReaderFrom).ReadFrom(io.MultiReader(strings.NewReader("abc"), failing{}))
			fmt.Fprint(w, err)
		}},
	}
	// Around the sizes at which net/http decides and flushes.
	for _, n := range []int{1, 511, 512, 513, 2047, 2048, 2049, 4095, 4096, 4097, 6143, 6144, 6145, 10000, 70000} {
		body := "<html>" + strings.Repeat("x", n)
		body = body[:n]
		rows[fmt.Sprint("size/once ", n)] = row{request: get(), handler: text(body)}
		rows[fmt.Sprint("size/1.0 ", n)] = row{request: get10(), handler: text(body)}
		rows[fmt.Sprint("size/pieces ", n)] = row{request: get(), handler: func(w http.ResponseWriter, r *http.Request) {
			for i := 0; i < n; i += 700 {
				w.Write([]byte(body[i:min(n, i+700)]))
			}
		}}
		rows[fmt.Sprint("size/after 10 ", n)] = row{request: get(), handler: func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "0123456789"); io.WriteString(w, body) }}
		rows[fmt.Sprint("size/length ", n)] = row{request: get(), handler: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(n))
			for i := 0; i < n; i += 3000 {
				w.Write([]byte(body[i:min(n, i+3000)]))
			}
		}}
	}
	return rows
}

type onlyReader struct{ io.Reader }

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("source failed") }

func trailers(fields ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(fields[0], fields[1])
		io.WriteString(w, "hello")
		for i := 2; i < len(fields); i += 2 {
			w.Header().Set(fields[i], fields[i+1])
		}
	}
}

func fieldRows() map[string]row {
	big := strings.Repeat("v", 9000)
	return map[string]row{
		"field/order":   {request: get(), handler: with(200, "x", "B: 1", "A: 2", "B: 3", "Content-Type: a/b")},
		"field/newline": {request: get(), handler: with(200, "x", "X: a\r\nInjected: 1", "Y: \n b ")},
		"field/name with newline": {request: get(), handler: func(w http.ResponseWriter, r *http.Request) {
			w.Header()["X\r\nInjected"] = []string{"1"}
			w.Header()["Bad name"] = []string{"1"}
			w.Header()[""] = []string{"1"}
		}},
		"field/control characters": {request: get(), handler: with(200, "x", "X: a\x01b")},
		"field/latin":              {request: get(), handler: with(200, "x", "X: caf\xe9")},
		"field/lower-case length": {request: get(), handler: func(w http.ResponseWriter, r *http.Request) {
			w.Header()["content-length"] = []string{"1"}
			io.WriteString(w, "xyz")
		}},
		"field/lower-case": {request: get(), handler: func(w http.ResponseWriter, r *http.Request) { w.Header()["x-lower"] = []string{"1"} }},
		"field/many": {request: get(), handler: func(w http.ResponseWriter, r *http.Request) {
			for i := range 60 {
				w.Header().Add(fmt.Sprint("X-", i%40), "v")
			}
		}},
		"field/big":            {request: get(), handler: with(200, "hello", "X: "+big)},
		"field/big, long body": {request: get(), handler: with(200, big+big, "X: "+big)},
		"field/own date":       {request: get(), handler: with(200, "x", "Date: then")},
		"field/no date":        {request: get(), handler: func(w http.ResponseWriter, r *http.Request) { w.Header()["Date"] = nil }},
		"field/no type": {request: get(), handler: func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Content-Type"] = nil
			io.WriteString(w, "<html>")
		}},
		"field/encoded":       {request: get(), handler: with(200, "<html>", "Content-Encoding: gzip")},
		"field/encoded empty": {request: get(), handler: with(200, "<html>", "Content-Encoding: ")},
		"field/late": {request: get(), handler: func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(200)
			w.Header().Set("Late", "1")
			io.WriteString(w, "x")
		}},
		"field/late after set": {request: get(), handler: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X", "1")
			w.WriteHeader(200)
			w.Header().Set("X", "2")
			w.Header().Set("Content-Length", "900")
			io.WriteString(w, "x")
		}},
		"field/late after write": {request: get(), handler: func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "x")
			w.Header().Set("Content-Type", "a/b")
		}},
		"sniff/png":    {request: get(), handler: text("\x89PNG\x0D\x0A\x1A\x0A.........")},
		"sniff/pieces": {request: get(), handler: func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<ht"); io.WriteString(w, "ml>") }},
	}
}

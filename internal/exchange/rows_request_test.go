package exchange

import (
	"fmt"
	"io"
	"net/http"
	"strings"
)

func requestRows() map[string]row {
	rows := map[string]row{
		"request/fields":                 {request: get("x-lower: 1", "X-UPPER-case: 2", "Cookie: a=b", "cookie: c=d", "Accept: */*", "x_y.z: 3", "Empty:", "Tab:\t v \t"), handler: tell},
		"request/pragma":                 {request: get("Pragma: no-cache"), handler: tell},
		"request/pragma, cache":          {request: get("Pragma: no-cache", "Cache-Control: max-age=0"), handler: tell},
		"request/trailer without chunks": {request: get("Trailer: X"), handler: tell},
		"request/crlf before":            {request: "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na<wait>", handler: tell},
		"request/host wins":              {request: "GET http://other.example/p?q HTTP/1.1\r\nHost: example.org\r\n\r\n", handler: tell},
		"request/asterisk":               {request: "OPTIONS * HTTP/1.1\r\nHost: example.org\r\n\r\n", handler: tell},
		"request/connect":                {request: "CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n", handler: tell},
		"request/own method":             {request: message("PURGE /x HTTP/1.1", nil, ""), handler: tell},
		"request/post empty":             {request: post(""), handler: tell},
		"request/post":                   {request: post("a=b&c=d", "Content-Type: application/x-www-form-urlencoded"), handler: tell},
		"request/form":                   {request: post("a=b&c=d", "Content-Type: application/x-www-form-urlencoded"), handler: func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.FormValue("c"), r.ParseForm()) }},
	}
	for _, target := range []string{"/", "/a/b;c=d?x=y&z", "/a%20b", "/%zz", "/a!b*(c)'", "//double//slash", "/?", "/x?a?b", "/caf%c3%a9", "/a\"b", "/a|b^c`", "/q?%zz\"|", "/a:b@c,d+e=f&g$", "/.//../x"} {
		rows["request/target "+target] = row{request: message("GET "+target+" HTTP/1.1", nil, ""), handler: tell}
	}
	return rows
}

func bodyRows() map[string]row {
	big := strings.Repeat("0123456789abcdef", 10_000)
	return map[string]row{
		"body/echo":                      {request: post("hello"), handler: echo},
		"body/echo big":                  {request: post(big), handler: func(w http.ResponseWriter, r *http.Request) { b, _ := io.ReadAll(r.Body); w.Write(b) }},
		"body/chunked":                   {request: chunked("5\r\nhello\r\n1;ext=1\r\n!\r\n0\r\n\r\n"), handler: tell},
		"body/chunked big":               {request: chunked(chunks(big, 7000)), handler: tell},
		"body/chunked small":             {request: chunked(chunks(big[:5000], 3)), handler: tell},
		"body/chunked empty":             {request: chunked("0\r\n\r\n"), handler: tell},
		"body/trailers":                  {request: chunked("5\r\nhello\r\n0\r\nChecksum: abc\r\nx-other: 1\r\n\r\n", "Trailer: checksum, Missing"), handler: tell},
		"body/trailers undeclared":       {request: chunked("5\r\nhello\r\n0\r\nChecksum: abc\r\n\r\n"), handler: tell},
		"body/bad chunk":                 {request: chunked("5\r\nhello\r\nzz\r\n"), handler: func(w http.ResponseWriter, r *http.Request) { _, err := io.ReadAll(r.Body); fmt.Fprint(w, err != nil) }},
		"body/bad chunk, silent handler": {request: chunked("5\r\nhello\r\nzz\r\n"), handler: quiet},
		"body/bad chunk unread":          {request: chunked("5\r\nhello\r\nzz\r\n"), handler: text("hi")},
		"body/short": {request: post("hello", "X: y")[:len(post("hello", "X: y"))-2], halfClose: true, handler: func(w http.ResponseWriter, r *http.Request) {
			b, err := io.ReadAll(r.Body)
			fmt.Fprint(w, string(b), err)
		}},
		"body/short, silent handler": {request: post("hello", "X: y")[:len(post("hello", "X: y"))-2], halfClose: true, handler: quiet},
		"body/unread":                {request: post("hello"), handler: text("hi")},
		"body/unread chunked":        {request: chunked(chunks(big, 1000)), handler: text("hi")},
		"body/unread flushed": {request: post("hello"), handler: func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
			b, err := io.ReadAll(r.Body)
			fmt.Fprint(w, string(b), err)
		}},
		"body/unread 255k": {request: post(strings.Repeat("x", 255<<10)), handler: text("hi")},
		"body/unread 256k": {request: post(strings.Repeat("x", 256<<10)), handler: text("hi")},
		"body/half read": {request: post(big), handler: func(w http.ResponseWriter, r *http.Request) {
			io.ReadFull(r.Body, make([]byte, 10))
			io.WriteString(w, "hi")
		}},
		"body/half read chunked": {request: chunked(chunks(big, 3000)), handler: func(w http.ResponseWriter, r *http.Request) {
			io.ReadFull(r.Body, make([]byte, 10))
			io.WriteString(w, "hi")
		}},
		"body/closed": {request: post("hello"), handler: func(w http.ResponseWriter, r *http.Request) {
			r.Body.Close()
			_, err := r.Body.Read(make([]byte, 1))
			fmt.Fprint(w, err)
		}},
		"body/close unread": {request: chunked("5\r\nhello\r\n0\r\nT: 1\r\n\r\n"), handler: func(w http.ResponseWriter, r *http.Request) { r.Body.Close(); fmt.Fprint(w, headerText(r.Trailer)) }},
		"body/replaced":     {request: post("hello"), handler: func(w http.ResponseWriter, r *http.Request) { r.Body = http.NoBody; io.WriteString(w, "hi") }},
		"body/full duplex": {request: post(big), handler: func(w http.ResponseWriter, r *http.Request) {
			if err := http.NewResponseController(w).EnableFullDuplex(); err != nil {
				panic(err)
			}
			io.Copy(w, r.Body)
		}},
		"body/full duplex unread": {request: post("hello"), handler: func(w http.ResponseWriter, r *http.Request) {
			http.NewResponseController(w).EnableFullDuplex()
			w.(http.Flusher).Flush()
			io.WriteString(w, "x")
		}},
		"body/get with":  {request: message("GET / HTTP/1.1", []string{"Content-Length: 3"}, "abc"), handler: tell},
		"body/head with": {request: message("HEAD / HTTP/1.1", []string{"Content-Length: 3"}, "abc"), handler: tell},
		"body/max bytes": {request: post("hello"), handler: func(w http.ResponseWriter, r *http.Request) {
			_, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, 3))
			http.Error(w, fmt.Sprint(err), http.StatusRequestEntityTooLarge)
		}},
		"continue/read":                 {request: expecting("hello"), handler: tell},
		"continue/unread":               {request: expecting("hello"), handler: text("no")},
		"continue/refused":              {request: expecting("hello"), handler: with(417, "no")},
		"continue/explicit":             {request: expecting("hello"), handler: func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(100); tell(w, r) }},
		"continue/no body":              {request: get("Expect: 100-continue"), handler: tell},
		"continue/1.0":                  {request: message("POST / HTTP/1.0", []string{"Expect: 100-continue", "Content-Length: 2"}, "hi"), handler: tell},
		"continue/body at once":         {request: strings.Replace(expecting("hello"), "<wait>", "", 1), handler: tell},
		"1xx/103 while continue is due": {request: expecting("hello"), handler: func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(103); io.WriteString(w, "no") }},
	}
}

func expecting(body string) string {
	return message("POST / HTTP/1.1", []string{"Expect: 100-continue", fmt.Sprint("Content-Length: ", len(body))}, "<wait>"+body)
}

func chunks(body string, size int) string {
	var b strings.Builder
	for len(body) > 0 {
		n := min(size, len(body))
		fmt.Fprintf(&b, "%x\r\n%s\r\n", n, body[:n])
		body = body[n:]
	}
	return b.String() + "0\r\n\r\n"
}

func refusalRows() map[string]row {
	return map[string]row{
		"bad/no host":              {request: "GET / HTTP/1.1\r\n\r\n", handler: tell},
		"bad/two hosts":            {request: get("Host: b"), handler: tell},
		"bad/space in name":        {request: get("X : 1"), handler: tell},
		"bad/version 2.0":          {request: "GET / HTTP/2.0\r\nHost: x\r\n\r\n", handler: tell},
		"bad/coding gzip":          {request: message("POST / HTTP/1.1", []string{"Transfer-Encoding: gzip"}, ""), handler: tell},
		"bad/coding gzip, chunked": {request: message("POST / HTTP/1.1", []string{"Transfer-Encoding: gzip, chunked"}, ""), handler: tell},
		"bad/target":               {request: message("GET nonsense HTTP/1.1", nil, ""), handler: tell},
		"bad/half a head":          {request: "GET / HTTP/1.1\r\nHost:", halfClose: true, handler: tell},
		"bad/nothing":              {request: "", halfClose: true, handler: tell},
		"bad/trailer name":         {request: chunked("0\r\n\r\n", "Trailer: Content-Length"), handler: tell},
		"bad/expect":               {request: get("Expect: the unexpected"), handler: tell},
		"bad/cl and te":            {request: chunked("0\r\n\r\n", "Content-Length: 3"), handler: tell},
		"bad/same cl twice":        {request: post("abc", "Content-Length: 3"), handler: tell},
		"bad/bare lf":              {request: "GET / HTTP/1.1\nHost: x\n\n", handler: tell},
		"bad/chunked in 1.0":       {request: message("POST / HTTP/1.0", []string{"Transfer-Encoding: chunked"}, "0\r\n\r\n"), handler: tell},
	}
}

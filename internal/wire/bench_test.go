package wire

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// What wrk sends, what a browser sends, what Go's server answers.
const (
	plainGet = "GET /checkout?item=1234567 HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: plimsoll\r\nAccept: */*\r\n\r\n"
	browser  = "GET /index.html HTTP/1.1\r\nHost: www.example.com\r\nConnection: keep-alive\r\nCache-Control: max-age=0\r\n" +
		"Upgrade-Insecure-Requests: 1\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36\r\n" +
		"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8\r\n" +
		"Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-GB,en;q=0.9,de;q=0.8\r\nCookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\n\r\n"
	plainAnswer = "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 13\r\n\r\n"
)

// against reports what the peer takes for the same, and how many times as long
// that is. It is called behind a b.Loop, with the timer stopped.
func against(b *testing.B, name string, peer func()) {
	ours := float64(b.Elapsed().Nanoseconds()) / float64(b.N)
	n := min(b.N, 100_000)
	start := time.Now()
	for range n {
		peer()
	}
	theirs := float64(time.Since(start).Nanoseconds()) / float64(n)
	b.ReportMetric(theirs, name+"-ns/op")
	b.ReportMetric(theirs/ours, "times-faster")
}

func BenchmarkParseRequest(b *testing.B) {
	for _, bm := range []struct{ name, in string }{{"plain", plainGet}, {"browser", browser}} {
		b.Run(bm.name, func(b *testing.B) {
			in := []byte(bm.in)
			var r Request
			b.SetBytes(int64(len(in)))
			b.ReportAllocs()
			for b.Loop() {
				if n, err := ParseRequest(in, &r, DefaultLimits); n != len(in) || err != nil {
					b.Fatal(n, err)
				}
			}
			source := bytes.NewReader(in)
			br := bufio.NewReader(source)
			against(b, "net/http", func() {
				source.Reset(in)
				br.Reset(source)
				if _, err := http.ReadRequest(br); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}

func BenchmarkParseResponse(b *testing.B) {
	in := []byte(plainAnswer)
	var r Response
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		if n, err := ParseResponse(in, &r, false, DefaultLimits); n != len(in) || err != nil {
			b.Fatal(n, err)
		}
	}
	source := bytes.NewReader(in)
	br := bufio.NewReader(source)
	against(b, "net/http", func() {
		source.Reset(in)
		br.Reset(source)
		if _, err := http.ReadResponse(br, nil); err != nil {
			b.Fatal(err)
		}
	})
}

// A message of 64 chunks. The peer has to copy the content; here it stays in
// the buffer that it arrived in.
func BenchmarkChunkedMessage(b *testing.B) {
	var in []byte
	for range 64 {
		in = AppendChunk(in, bytes.Repeat([]byte{'x'}, 1000))
	}
	in = AppendLastChunk(in)
	in = append([]byte("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"), in...)
	var r Request
	var body Body
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		n, err := ParseRequest(in, &r, DefaultLimits)
		if err != nil {
			b.Fatal(err)
		}
		body.Reset(r.Framing, r.Length, DefaultLimits)
		for !body.Done() {
			_, m, err := body.Next(in[n:])
			if err != nil {
				b.Fatal(err)
			}
			n += m
		}
	}
	br := bufio.NewReader(nil)
	against(b, "net/http", func() {
		br.Reset(bytes.NewReader(in))
		r, err := http.ReadRequest(br)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			b.Fatal(err)
		}
	})
}

// The most that a peer can make a reader look at a head: as long as is
// allowed, a byte at a time. ns/op is for the whole head; divide by its 16,384
// bytes for what each read adds.
func BenchmarkHeadByteByByte(b *testing.B) {
	const start = "GET / HTTP/1.1\r\nHost: a\r\n"
	for _, bm := range []struct{ name, fill string }{{"one field", "a"}, {"short fields", "A:b\r\n"}} {
		b.Run(bm.name, func(b *testing.B) {
			in := []byte(start + "A:" + strings.Repeat(bm.fill, DefaultLimits.Head))[:DefaultLimits.Head]
			lim := Limits{Fields: DefaultLimits.Head}
			var r Request
			b.ReportAllocs()
			for b.Loop() {
				for cut := range in {
					if n, err := ParseRequest(in[:cut], &r, lim); n != 0 || err != nil {
						b.Fatal(cut, n, err)
					}
				}
			}
		})
	}
}

func BenchmarkAppendResponseHead(b *testing.B) {
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendStatusLine(buf[:0], 200)
		buf = AppendField(buf, "Content-Type", "text/plain; charset=utf-8")
		buf = AppendLength(buf, 13)
		buf = append(buf, "\r\n"...)
	}
	header := http.Header{"Content-Type": {"text/plain; charset=utf-8"}}
	response := &http.Response{StatusCode: 200, ProtoMajor: 1, ProtoMinor: 1, Header: header, ContentLength: 13, Request: &http.Request{Method: "HEAD"}}
	against(b, "net/http", func() {
		if err := response.Write(io.Discard); err != nil {
			b.Fatal(err)
		}
	})
}

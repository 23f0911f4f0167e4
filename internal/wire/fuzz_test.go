package wire

import (
	"bytes"
	"testing"
)

// A verdict is what one side says to some bytes.
type verdict struct {
	message *message
	err     error
}

func verdicts(in []byte, response, head bool) (wire, net verdict) {
	if response {
		wire.message, wire.err = wireResponse(in, head)
		net.message, net.err = netResponse(in, head)
	} else {
		wire.message, wire.err = wireRequest(in)
		net.message, net.err = netRequest(in)
	}
	return wire, net
}

// fuzzed is the size of input up to which no limit of net/http is met: its
// lines of chunk sizes are 4 KiB at most.
const fuzzed = 4000

// compare holds wire to net/http's verdict, except for the differences.
func compare(t *testing.T, in []byte, response, head bool) {
	wire, net := verdicts(in, response, head)
	m := loosely(in, response, head)
	explained := false
	for _, d := range differences {
		if !d.applies(m) {
			continue
		}
		refused := d.refuses == wireSide && wire.err != nil || d.refuses == netSide && net.err != nil
		if !refused {
			t.Errorf("%q\nis taken by %s, against %q", in, d.refuses, d.reason)
		}
		explained = explained || (d.refuses == wireSide) == (wire.err != nil)
	}
	switch {
	case (wire.err == nil) != (net.err == nil):
		if !explained {
			t.Errorf("a new difference: %q\nwire: %v\nnet/http: %v", in, wire.err, net.err)
		}
	case wire.err == nil:
		// net/url decodes a host that it takes from the target.
		if bytes.IndexByte([]byte(m.target()), '%') >= 0 {
			net.message.Host = wire.message.Host
		}
		if d := differ(wire.message, net.message); d != "" {
			t.Errorf("%q\n%s", in, d)
		}
	}
}

func FuzzRequest(f *testing.F) {
	for _, in := range soundRequests {
		f.Add([]byte(in))
	}
	for _, d := range differences {
		if !d.answer {
			f.Add([]byte(d.example))
		}
	}
	for _, in := range []string{
		plainGet, browser,
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: x, close\r\n\r\nabcGET",
		chunkHead + "3;a=\"b\"\r\nabc\r\nA\r\n0123456789\r\n0\r\nX: y\r\nZ:\r\n\r\nGET",
		"OPTIONS * HTTP/1.0\r\nPragma: no-cache\r\n\r\n",
		"CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n",
		"GET https://a%2db:80?q HTTP/1.1\r\nHost: [::1%25eth]:80\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X, Y\r\n\r\n0\r\nX : y\r\n z\n\r\n",
	} {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) > fuzzed {
			return
		}
		compare(t, in, false, false)

		// Arriving byte by byte makes no difference, nor does what is behind.
		var whole, grown Request
		n, err := ParseRequest(in, &whole, wide)
		for cut := range len(in) + 1 {
			k, kerr := ParseRequest(in[:cut], &grown, wide)
			if k == 0 && kerr == nil {
				continue
			}
			if kerr != nil && n == 0 && err == nil {
				break // beyond 1 KiB, a fault is seen when the head is whole
			}
			if k != n || status(kerr) != status(err) || n > 0 && (cut != n || summary(&whole) != summary(&grown)) {
				t.Fatalf("%q\nthe first %d bytes: %d, %v; all: %d, %v", in, cut, k, kerr, n, err)
			}
			break
		}
	})
}

func FuzzResponse(f *testing.F) {
	for _, in := range soundResponses {
		f.Add([]byte(in), false)
		f.Add([]byte(in), true)
	}
	for _, d := range differences {
		if d.answer {
			f.Add([]byte(d.example), false)
		}
	}
	for _, in := range []string{
		plainAnswer + "Hello, World!rest",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive, Close\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\nrest",
		"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nuntil the end",
		"HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\nTrailer: x\r\n\r\n",
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nrest",
		"HTTP/1.1  200\n A: b\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
	} {
		f.Add([]byte(in), false)
		f.Add([]byte(in), true)
	}
	f.Fuzz(func(t *testing.T, in []byte, head bool) {
		if len(in) > fuzzed {
			return
		}
		compare(t, in, true, head)
	})
}

// A chunked body decodes to the same in one piece and in pieces of any size,
// and consumes the same.
func FuzzChunked(f *testing.F) {
	f.Add([]byte("3\r\nabc\r\n0\r\n\r\n"), 1)
	f.Add([]byte("3 ;x\r\nabc\r\n0\r\nA: b\r\n\r\nrest"), 4)
	f.Add([]byte("3\r\nabcd\r\n"), 3)
	f.Add([]byte("ffffffffffffffff\r\n"), 2)
	f.Fuzz(func(t *testing.T, in []byte, step int) {
		lim := Limits{Head: 40, Fields: 3, Body: 100}
		var whole, pieces Body
		whole.Reset(Chunked, -1, lim)
		pieces.Reset(Chunked, -1, lim)
		want, n, err := decode(&whole, in, len(in))
		got, m, err2 := decode(&pieces, in, 1+step&7)
		if !bytes.Equal(got, want) || status(err) != status(err2) || whole.Done() != pieces.Done() || join(whole.Trailers) != join(pieces.Trailers) || err == nil && m != n {
			t.Fatalf("%q\nat once %q, %d, %v; in pieces %q, %d, %v", in, want, n, err, got, m, err2)
		}
	})
}

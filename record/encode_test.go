package record

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"io"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// unpacked returns what an encoded histogram holds before compression.
func unpacked(t *testing.T, s string) []byte {
	t.Helper()
	packed, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	z, err := zlib.NewReader(bytes.NewReader(packed[8:]))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The oracles are the Go library's encoder, and a fixture of the Java one.
func TestEncodingIsTheLibrarysToTheByteBeforeCompression(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	fill := map[string]func(*Hist){
		"nothing":              func(*Hist) {},
		"a zero":               func(h *Hist) { h.Record(0) },
		"the first and third":  func(h *Hist) { h.Record(0); h.Record(us(2)) },
		"the smallest":         func(h *Hist) { h.Record(us(1)) },
		"the largest":          func(h *Hist) { h.Record(HistHighest) },
		"a count of 9 bytes":   func(h *Hist) { h.RecordN(us(7), math.MaxInt64-1); h.Record(us(9)) },
		"a count of 8 bytes":   func(h *Hist) { h.RecordN(us(7), 1<<55-1) },
		"just 9 bytes":         func(h *Hist) { h.RecordN(us(7), 1<<55) },
		"many, after a larger": func(h *Hist) { h.Record(HistHighest); h.Reset(); h.Record(us(3)) },
		"an ordinary second": func(h *Hist) {
			for range 5000 {
				h.Record(time.Duration(r.ExpFloat64() * float64(50*time.Millisecond)))
			}
		},
	}
	for name, f := range fill {
		h := NewHist()
		f(h)
		ours, err := h.Encode()
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := h.h.Encode(hdr.V2CompressedEncodingCookieBase)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := unpacked(t, ours), unpacked(t, string(theirs)); !bytes.Equal(a, b) {
			t.Errorf("%s:\nours   %x\ntheirs %x", name, a, b)
		}
		back, err := hdr.Decode([]byte(ours))
		if err != nil || !back.Equals(h.h) {
			t.Errorf("%s: the library does not read it as it was: %v", name, err)
		}
	}
	java, err := DecodeHist(fromJava)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := java.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if a, b := unpacked(t, ours), unpacked(t, fromJava); !bytes.Equal(a, b) {
		t.Errorf("ours %x\nJava %x", a, b)
	}
}

func aSecond() *Hist {
	h, r := NewHist(), rand.New(rand.NewPCG(1, 1))
	for range 5000 {
		h.Record(time.Duration(r.ExpFloat64() * float64(50*time.Millisecond)))
	}
	return h
}

func BenchmarkHistRecord(b *testing.B) {
	h := NewHist()
	for i := range b.N {
		h.Record(time.Duration(i%1_000_000) * 100)
	}
}

// BenchmarkHistEncode prints how many times as fast as the library's it is.
func BenchmarkHistEncode(b *testing.B) {
	h := aSecond()
	var size int
	for b.Loop() {
		s, err := h.Encode()
		if err != nil {
			b.Fatal(err)
		}
		size = len(s)
	}
	ours := float64(b.Elapsed()) / float64(b.N)
	const times = 50
	begun := time.Now()
	for range times {
		if _, err := h.h.Encode(hdr.V2CompressedEncodingCookieBase); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(time.Since(begun))/times/ours, "x-library")
	b.ReportMetric(float64(size), "bytes")
}

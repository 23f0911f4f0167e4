package wire

import (
	"bytes"
	"strings"
	"testing"
)

func TestLookup(t *testing.T) {
	fields := []Field{{[]byte("A^b"), []byte("1")}, {[]byte("content-Type"), []byte("2")}, {[]byte("Content-Type"), []byte("3")}}
	tests := []struct {
		name, want string
		ok         bool
		why        string
	}{
		{"Content-Type", "2", true, "the first, without regard to case"},
		{"CONTENT-TYPE", "2", true, "whatever the case asked for"},
		{"content_type", "", false, "a hyphen is no underscore"},
		{"content-typ", "", false, "a shorter name"},
		{"a^B", "1", true, "bytes that are no letters are themselves"},
		{"a~b", "", false, "^ and ~ differ by the bit that letters of either case differ by, and are no letters"},
		{"", "", false, "no name"},
	}
	for _, tt := range tests {
		if got, ok := Lookup(fields, tt.name); string(got) != tt.want || ok != tt.ok {
			t.Errorf("%q: got %q, %v; want %q, %v: %s", tt.name, got, ok, tt.want, tt.ok, tt.why)
		}
	}
}

// The scanners look at eight bytes at a time; here each is compared with its
// definition, for each byte at each offset, beside bytes that could mislead it.
func TestScannersAgreeWithTheirDefinition(t *testing.T) {
	value := func(c byte) bool { return c == '\t' || c >= ' ' && c != 0x7f }
	target := func(c byte) bool { return '!' <= c && c <= '~' }
	slow := func(b []byte, i int, ok func(byte) bool) int {
		for i < len(b) && ok(b[i]) {
			i++
		}
		return i
	}
	for c := range 256 {
		for at := range 20 {
			for _, around := range []byte{'a', ' ', '!', '\t', 0x7e, 0x80, 0xff} {
				b := bytes.Repeat([]byte{around}, 20)
				b[at] = byte(c)
				for from := range 12 {
					if got, want := valueEnd(b, from), slow(b, from, value); got != want {
						t.Fatalf("valueEnd(%q, %d) = %d, want %d", b, from, got, want)
					}
					if got, want := targetEnd(b, from), slow(b, from, target); got != want {
						t.Fatalf("targetEnd(%q, %d) = %d, want %d", b, from, got, want)
					}
				}
			}
		}
	}
}

func TestValidFields(t *testing.T) {
	const tchars = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for c := range 256 {
		s := string([]byte{'a', byte(c)})
		if got, want := ValidFieldName(s), strings.IndexByte(tchars, byte(c)) >= 0; got != want {
			t.Errorf("ValidFieldName(%q) = %v (RFC 9110, 5.6.2)", s, got)
		}
		if got, want := ValidFieldValue(s), c == '\t' || c >= ' ' && c != 0x7f; got != want {
			t.Errorf("ValidFieldValue(%q) = %v (RFC 9110, 5.5)", s, got)
		}
	}
	if ValidFieldName("") || !ValidFieldValue("") {
		t.Error("a name is not empty, a value may be")
	}
}

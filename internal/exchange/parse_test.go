package exchange

import (
	"net/http"
	"net/textproto"
	"net/url"
	"reflect"
	"testing"

	"github.com/plimsoll-dev/plimsoll/internal/wire"
)

// The shortcut must never give another URL than the long way.
func FuzzTargetIsParsedAsNetURLDoes(f *testing.F) {
	for _, s := range []string{"/", "/a/b;c=d?x=y&z", "/a%20b", "/a!b*(c)'", "//double//slash", "/?", "/x?a?b", "/caf\u00e9", "/a\"b",
		"/a|b^c`", "/q?%zz\"|", "/a:b@c,d+e=f&g$", "/.//../x", "*", "http://h/p?q", "//", "/#", "/a#b", "/\x00", "/\x7f", "?", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, target string) {
		want, err := url.ParseRequestURI(target)
		got := url.URL{Scheme: "left", Host: "over"}
		if plainPath(&got, target) {
			if err != nil || !reflect.DeepEqual(&got, want) {
				if !graphic(target) {
					return // never gets past wire
				}
				t.Errorf("%q: %#v, want %#v, %v", target, got, want, err)
			}
		}
		got = url.URL{}
		if e := parseTarget(&got, http.MethodGet, target); graphic(target) && (e == nil) != (err == nil) {
			t.Errorf("%q: %v, want %v", target, e, err)
		}
	})
}

// graphic reports whether wire lets a target through.
func graphic(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

func FuzzNamesAreCanonicalAsInTextproto(f *testing.F) {
	for _, s := range []string{"host", "CONTENT-LENGTH", "x-a--b", "-x", "X_y-z", "etag", "dnt", "www-authenticate", "sec-ch-ua", "a1-2b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if !wire.ValidFieldName(name) {
			return
		}
		if got, want := canonical([]byte(name)), textproto.CanonicalMIMEHeaderKey(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	})
}

func TestCommonNamesAreCanonical(t *testing.T) {
	for key, value := range commonNames {
		if want := textproto.CanonicalMIMEHeaderKey(key); key != want || value != want {
			t.Errorf("%q is listed, %q is canonical", key, want)
		}
	}
}

// A value seen before is shared, and a field that changed, moved or outgrew
// what is remembered is not mistaken for it.
func TestRememberedFieldsAreNeverMistaken(t *testing.T) {
	var s seen
	heads := [][][2]string{
		{{"Host", "a"}, {"X", "1"}, {"x", "2"}},
		{{"Host", "a"}, {"x", "2"}, {"X", "1"}},
		{{"host", "b"}},
		{{"Host", ""}, {"Y", "1"}, {"x-long", string(make([]byte, 100))}, {"Z", "1"}},
		{{"A", "1"}, {"B", "1"}, {"C", "1"}, {"D", "1"}, {"E", "1"}, {"F", "1"}, {"G", "1"}, {"H", "1"}, {"I", "1"}, {"J", "1"}},
		{{"Host", "a"}, {"X", "1"}, {"x-long", "short"}, {"Q", "9"}},
	}
	for range 2 {
		for _, head := range heads {
			for i, f := range head {
				name, value := []byte(f[0]), []byte(f[1])
				key, v := s.field(i, wire.Field{Name: name, Value: value})
				clear(name) // as the next request does
				clear(value)
				if key != textproto.CanonicalMIMEHeaderKey(f[0]) || v != f[1] {
					t.Fatalf("field %d %q became %q: %q", i, f, key, v)
				}
			}
		}
	}
	if len(s.fields) > seenFields {
		t.Errorf("%d fields are remembered", len(s.fields))
	}
}

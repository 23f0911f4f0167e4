package workload

import (
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
)

// FuzzParse holds Parse to three things, whatever the bytes: it does not
// panic; what it refuses is an *Error that points into the document; and what
// it accepts keeps the promises of model.Workload and survives Format.
func FuzzParse(f *testing.F) {
	for _, name := range Builtins() {
		doc, err := Load(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(doc.Source)
	}
	everything, err := os.ReadFile("testdata/everything.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(everything)
	for _, c := range badDocuments {
		if len(c.doc) < 2000 {
			f.Add([]byte(strings.Replace(c.doc, "«", "", 1)))
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		w, _, err := Parse("fuzz.yaml", src)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || w != nil {
				t.Fatalf("%T: %v", err, err)
			}
			if lines := strings.Count(string(src), "\n") + 1; e.Line < 1 || e.Column < 1 || e.Line > lines+1 {
				t.Fatalf("points at %d:%d of %d lines", e.Line, e.Column, lines)
			}
			if strings.ContainsAny(err.Error(), "\x1b\x00\r\t") {
				t.Fatalf("unprintable: %q", err)
			}
			return
		}
		d := Demand(w)
		if d.Request.Residence < 0 || d.Request.CPU < 0 || len(d.Routes) != len(w.Routes) {
			t.Fatalf("demand %+v", d)
		}
		if Describe(w) == "" {
			t.Fatal("no description")
		}
		again, _, err := Parse("again.yaml", Format(w))
		if err != nil || !reflect.DeepEqual(again, w) {
			t.Fatalf("does not survive Format: %v\n%s", err, Format(w))
		}
	})
}

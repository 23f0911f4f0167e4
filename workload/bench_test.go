package workload

import (
	"strings"
	"testing"
)

func BenchmarkParse(b *testing.B) {
	doc, err := Load("document-qa")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, _, err := Parse("bench", doc.Source); err != nil {
			b.Fatal(err)
		}
	}
}

// The largest document that is accepted, and the slowest kind of one that is
// not: both bound what a hostile file can cost.
func BenchmarkParseLargest(b *testing.B) {
	steps := around + "routes: {a: {steps: [" + strings.Repeat("{compute: {lognormal: {p50: 1ms, p99: 2ms}}}, ", maxSteps) + "]}}\n"
	for name, src := range map[string]string{"steps": steps, "keys": strings.Repeat("a: 1\n", maxBytes/5)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_, _, _ = Parse("bench", []byte(src)) // the second is refused
			}
		})
	}
}

package page

import "github.com/plimsoll-dev/plimsoll/internal/analysis"

// An outcome is what became of an expectation or a claim, told by sign, word
// and colour.
type outcome struct{ Class, Sign, Word string }

var outcomes = map[string]outcome{
	analysis.Met:         {"good", "✓", "met"},
	analysis.Missed:      {"bad", "✗", "missed"},
	analysis.Undone:      {"open", "?", "void"},
	analysis.BorneOut:    {"good", "✓", "borne out"},
	analysis.NotBorneOut: {"bad", "✗", "not borne out"},
}

package accuracy

import (
	"fmt"
	"strings"
)

// The marks between which a document's sections are written by commands: one
// that a section begins with, and the one that all end with.
const (
	Begin            = "<!-- what follows is written by make test-peers -->\n"
	BeginEngines     = "<!-- what follows is written by make test-engines -->\n"
	BeginPredictions = "<!-- what follows is written by make test-predictions -->\n"
	End              = "<!-- up to here -->\n"
)

// Section puts text between the marks of a document.
func Section(document, begin, text string) (string, error) {
	before, rest, ok := strings.Cut(document, begin)
	if !ok {
		return "", fmt.Errorf("no line %q in the document; put one where the section is to begin", strings.TrimSpace(begin))
	}
	_, after, ok := strings.Cut(rest, End)
	if !ok {
		return "", fmt.Errorf("no line %q after %q; put one where the section is to end", strings.TrimSpace(End), strings.TrimSpace(begin))
	}
	return before + begin + "\n" + strings.TrimSpace(text) + "\n\n" + End + after, nil
}

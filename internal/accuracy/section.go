package accuracy

import (
	"fmt"
	"strings"
)

// The marks between which a document's section is written by a command.
const (
	Begin = "<!-- what follows is written by make test-peers -->\n"
	End   = "<!-- up to here -->\n"
)

// Section puts text between the marks of a document.
func Section(document, text string) (string, error) {
	before, rest, ok := strings.Cut(document, Begin)
	if !ok {
		return "", fmt.Errorf("no line %q in the document; put one where the section is to begin", strings.TrimSpace(Begin))
	}
	_, after, ok := strings.Cut(rest, End)
	if !ok {
		return "", fmt.Errorf("no line %q after %q; put one where the section is to end", strings.TrimSpace(End), strings.TrimSpace(Begin))
	}
	return before + Begin + "\n" + strings.TrimSpace(text) + "\n\n" + End + after, nil
}

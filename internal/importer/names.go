package importer

import (
	"fmt"
	"strings"
)

const longestName = 64 // of a document

// names gives out names that a document accepts, each once.
type names map[string]bool

// take returns a name like text: letters, digits and . _ - between them.
func (n names) take(text, otherwise string) string {
	name := plain(text)
	if name == "" {
		name = otherwise
	}
	for i, base := 2, name; n[name]; i++ {
		suffix := fmt.Sprintf("-%d", i)
		name = strings.TrimRight(base[:min(len(base), longestName-len(suffix))], "._-") + suffix
	}
	n[name] = true
	return name
}

// plain replaces what a name can not have by single dashes.
func plain(text string) string {
	var b strings.Builder
	dash := false
	for _, r := range text {
		ok := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '_'
		switch {
		case !ok:
			dash = b.Len() > 0
		default:
			if dash {
				b.WriteByte('-')
			}
			b.WriteRune(r)
			dash = false
		}
	}
	s := strings.Trim(b.String(), "._-")
	return strings.Trim(s[:min(len(s), longestName)], "._-")
}

package span

import "fmt"

// A FieldError is a field of a span with a text that cannot be one of it.
type FieldError struct {
	Name string // of the field, or several in the syntax of regular expressions
	Text string
	Span string // the span's name; "": not known
	Want string // what to write there
}

// Error says which field, and what to write there.
func (e *FieldError) Error() string {
	of := ""
	if e.Span != "" {
		of = fmt.Sprintf(" of span %q", e.Span)
	}
	return fmt.Sprintf("%q%s is no %s", e.Text, of, e.Want)
}

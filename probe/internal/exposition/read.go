package exposition

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// A Sample is one line: a metric's name, its labels and its value.
type Sample struct {
	Name   string
	Labels []Label
	Value  float64
}

// A Label is one of a sample.
type Label struct{ Name, Value string }

// Get returns a label's value; "": the sample has no such label.
func (s *Sample) Get(name string) string {
	for _, l := range s.Labels {
		if l.Name == name {
			return l.Value
		}
	}
	return ""
}

// ErrTooLarge is that there is more than a reader was willing to read.
var ErrTooLarge = errors.New("too large")

// longestLine is more than any exporter writes: a name, and some labels.
const longestLine = 64 << 10

// Read visits every sample of a page of at most so many bytes, in order. Its
// errors name the line that is no sample. What was visited before an error is
// not to be relied on: the page is something else, or was cut off.
func Read(r io.Reader, limit int64, visit func(*Sample)) error {
	whole := &io.LimitedReader{R: r, N: limit + 1}
	lines := bufio.NewScanner(whole)
	lines.Buffer(make([]byte, 0, 4<<10), longestLine)
	for n := 1; lines.Scan(); n++ {
		line := bytes.Trim(lines.Bytes(), " \t\r")
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		s, err := parse(line)
		if whole.N == 0 {
			break // the last line may be half of one
		}
		if cut := lines.Err(); err != nil && cut != nil && !errors.Is(cut, bufio.ErrTooLong) {
			return cut // what follows did not come
		}
		if err != nil {
			return fmt.Errorf("line %d is no metric: %w", n, err)
		}
		visit(&s)
	}
	if err := lines.Err(); err != nil && !errors.Is(err, bufio.ErrTooLong) {
		return err
	} else if err != nil {
		return fmt.Errorf("a line of more than %d bytes is no metric: %w", longestLine, ErrTooLarge)
	}
	if whole.N == 0 {
		return fmt.Errorf("more than %d bytes: %w", limit, ErrTooLarge)
	}
	return nil
}

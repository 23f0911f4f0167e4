package main

import (
	"bytes"
	"errors"
	"io"
	"os"
)

// A tracedResult can also be written as a file for trace viewers.
type tracedResult interface{ trace(io.Writer) error }

func writeTrace(r result, file string) error {
	t, ok := r.(tracedResult)
	if !ok {
		return errors.New("only a record of `plimsoll compare` has a trace; leave out --trace")
	}
	var b bytes.Buffer
	if err := t.trace(&b); err != nil {
		return err
	}
	return os.WriteFile(file, b.Bytes(), 0o644)
}

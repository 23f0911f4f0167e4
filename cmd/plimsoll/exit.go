package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/plimsoll-dev/plimsoll/internal/redact"
)

// Exit codes. A failure that is none of the others is [exitUsage]: the command
// could not do what it was asked, which a script must be able to tell from an
// expectation that was tried and failed.
const (
	exitOK          = 0
	exitExpectation = 1 // an SLO, an expectation or a comparison failed
	exitUsage       = 2 // bad usage or input
	exitVoid        = 3 // measured, but not to be trusted
	exitInterrupted = 130
)

// An exitError is an error that knows the exit code it asks for.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

func usageErr(err error) error       { return &exitError{exitUsage, err} }
func expectationErr(err error) error { return &exitError{exitExpectation, err} }
func voidErr(err error) error        { return &exitError{exitVoid, err} }
func interruptedErr(err error) error { return &exitError{exitInterrupted, err} }

// finish writes an error for a person to read and returns its exit code.
func finish(w io.Writer, err error) int {
	if err == nil {
		return exitOK
	}
	code := exitUsage
	if e := (*exitError)(nil); errors.As(err, &e) {
		code = e.code
	}
	text := strings.TrimRight(redact.Text(err.Error()), "\n") // it may quote an argument
	if code == exitInterrupted {
		text = "interrupted"
	}
	fmt.Fprintf(w, "plimsoll: %s\n", text)
	return code
}

//go:build unix

package main

import (
	"bytes"
	"errors"
	"os"
	osexec "os/exec"
	"strings"
	"syscall"
	"testing"
)

// TestAsProcess is no test: it is this program, run by the test below in a
// process of its own.
func TestAsProcess(t *testing.T) {
	args := os.Getenv("PLIMSOLL_TEST_ARGS")
	if args == "" {
		t.Skip("run by other tests")
	}
	os.Exit(run(strings.Fields(args), streams{in: os.Stdin, out: os.Stdout, err: os.Stderr}))
}

func TestASignalInterruptsACommandThatWaits(t *testing.T) {
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cmd := osexec.Command(self, "-test.run=^TestAsProcess$")
		cmd.Env = append(os.Environ(), "PLIMSOLL_TEST_ARGS=workload check -")
		var fail bytes.Buffer
		cmd.Stderr = &fail
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// More than a pipe holds and less than a document may have: once it is
		// written, the command is reading, and waits for the rest.
		if _, err := in.Write(bytes.Repeat([]byte("# still writing\n"), 5000)); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		err = cmd.Wait()
		in.Close()
		var exit *osexec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 130 || fail.String() != "plimsoll: interrupted\n" {
			t.Errorf("after %v: %v, %q; want exit code 130 and a word on standard error", sig, err, fail.String())
		}
	}
}

package rig

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/host"
)

// roleVariable tells a binary of tests that it is a child, and what as.
const roleVariable = "PLIMSOLL_TEST_CHILD"

// A Place is where and how a child runs. The zero Place is where its test does.
type Place struct {
	CPUs  []int         // none: all
	Procs int           // GOMAXPROCS; 0: Go's default
	Slack time.Duration // of the process's timers; 0: the system's default
}

// A Child is the test's own binary, run again: a process with descriptors, Go
// processors and memory of its own. Its methods are for the test's goroutine.
type Child struct {
	Address string // where it listens, or whatever it said first
	Cmd     *exec.Cmd

	in  io.WriteCloser
	out *bufio.Reader
}

// StartChild starts a child that [Main] has play a role, and waits until it says
// its address. It ends with the test, or with the process that the test is in.
func StartChild(t testing.TB, role string, at Place) *Child {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	// The race detector has a process end a second late.
	cmd.Env = append(os.Environ(), roleVariable+"="+role, "GORACE=atexit_sleep_ms=0 "+os.Getenv("GORACE"))
	if at.Procs > 0 {
		cmd.Env = append(cmd.Env, "GOMAXPROCS="+strconv.Itoa(at.Procs))
	}
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := host.WithTimerSlack(at.Slack, func() error { return host.StartPinned(cmd, at.CPUs) }); err != nil {
		t.Fatal(err)
	}
	c := &Child{Cmd: cmd, in: in, out: bufio.NewReader(out)}
	t.Cleanup(c.Kill)
	c.Address = c.line(t)
	return c
}

func (c *Child) line(t testing.TB) string {
	t.Helper()
	text, err := c.out.ReadString('\n')
	if err != nil {
		t.Fatalf("the child says no more: %v", err)
	}
	return strings.TrimSpace(text)
}

// Memory returns what [InUse] is in the child.
func (c *Child) Memory(t testing.TB) int64 {
	t.Helper()
	if _, err := fmt.Fprintln(c.in, "memory"); err != nil {
		t.Fatal(err)
	}
	n, err := strconv.ParseInt(c.line(t), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Sample returns what the system says of the child.
func (c *Child) Sample(t testing.TB) host.Proc {
	t.Helper()
	p, err := host.Sample(c.Cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Stop has a child that is an engine drain and end, and returns what it says of
// itself.
func (c *Child) Stop(t testing.TB) (s engine.Stats) {
	t.Helper()
	if err := c.in.Close(); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(c.line(t)), &s); err != nil {
		t.Fatalf("the child's last words: %v", err)
	}
	if err := c.Cmd.Wait(); err != nil {
		t.Fatalf("the child: %v", err)
	}
	return s
}

// Kill ends the child at once, whatever it has to answer yet. One that has
// ended stays so.
func (c *Child) Kill() {
	_ = c.Cmd.Process.Kill()
	_ = c.Cmd.Wait()
}

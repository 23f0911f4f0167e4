package host

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func TestThreadsInReadCountsThoseThatWaitForData(t *testing.T) {
	for _, c := range []struct{ read, recv, pipe, event, sleep int }{
		{20, 7, 3, 11, 5},
		{0, 0, 0, 30, 5}, // a pool that waits for work
	} {
		want := c.read + c.recv + c.pipe
		child := startTalk(t, "reads", fmt.Sprint(c.read), fmt.Sprint(c.recv), fmt.Sprint(c.pipe), fmt.Sprint(c.event), fmt.Sprint(c.sleep))
		child.ask()
		var n int
		eventually(t, fmt.Sprintf("%d threads in a read", want), func() bool {
			var err error
			if n, err = ThreadsInRead(child.cmd.Process.Pid); err != nil {
				t.Fatal(err)
			}
			p, err := Sample(child.cmd.Process.Pid)
			if err != nil {
				t.Fatal(err)
			}
			return p.Threads >= want+c.event && n >= want
		})
		if n > want+1 { // one may be the child's own read of its standard input
			t.Errorf("%d threads in a read, want %d", n, want)
		}
	}
	if _, err := ThreadsInRead(math.MaxInt32); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of no process: %v", err)
	}
}

func TestInRead(t *testing.T) {
	proc := fmt.Sprintf("/proc/%d", os.Getpid())
	event, err := unix.Eventfd(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(event)
	for call, want := range map[string]bool{
		"running\n":             false,
		"-1 0x7ffd 0x7f15\n":    false,
		readCalls[0] + "\n":     false, // cut short
		readCalls[0] + " 0x0 ":  true,
		readCalls[3] + " 0x0 ":  true,
		"9999 0x0 0x0\n":        false,
		readCalls[0] + " xyz\n": false,
		fmt.Sprintf("%s 0x%x 0x7f15 0x8\n", readCalls[0], event): false,
	} {
		if got := inRead([]byte(call), proc); got != want {
			t.Errorf("%q: %t", call, got)
		}
	}
}

package host

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestAProcessStartedWithSlackHasIt(t *testing.T) {
	read := func(slack time.Duration) string {
		cmd := exec.Command("cat", "/proc/self/timerslack_ns")
		var out strings.Builder
		cmd.Stdout = &out
		if err := WithTimerSlack(slack, cmd.Start); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(out.String())
	}
	if got := read(4 * time.Millisecond); got != "4000000" {
		t.Errorf("started with a slack of 4 ms, it has %s ns", got)
	}
	if got := read(0); got == "4000000" {
		t.Errorf("started without, it has %s ns", got)
	}
	err := WithTimerSlack(time.Millisecond, func() error {
		n, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
		if n != 1_000_000 {
			t.Errorf("meanwhile it is %d ns", n)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

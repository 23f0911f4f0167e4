package thread

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
)

// New itself looks at the limits that are in force.
func TestNewFailsWithTooFewDescriptors(t *testing.T) {
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	low := unix.Rlimit{Cur: 1000, Max: old.Max}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &low); err != nil {
		t.Skip(err)
	}
	defer unix.Setrlimit(unix.RLIMIT_NOFILE, &old) //nolint:errcheck // back to where it was
	if _, err := New(rig.Config(t, "thread")); err == nil || !strings.Contains(err.Error(), "ulimit -n") {
		t.Errorf("got %v", err)
	}
	if _, err := New(rig.Config(t, "thread:max=10,connections=500")); err != nil {
		t.Error(err)
	}
}

func TestNewWantsItsOwnConfiguration(t *testing.T) {
	if _, err := New(rig.Config(t, "goroutine")); err == nil {
		t.Error("made a thread engine of a goroutine configuration")
	}
}

func TestProcs(t *testing.T) {
	if n := Procs(rig.Config(t, "thread:max=200")); n < 202 || n > 220 {
		t.Errorf("%d processors for 200 threads, an acceptor and a poller", n)
	}
}

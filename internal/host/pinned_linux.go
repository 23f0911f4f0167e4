package host

import (
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"slices"

	"golang.org/x/sys/unix"
)

// StartPinned starts cmd so that it runs on the given CPUs only, from its first
// instruction on, and with it every thread and process that it makes. Without
// CPUs it is cmd.Start. It may be called concurrently.
//
// A new process inherits the mask of the thread that made it. The calling
// goroutine is therefore held on its thread meanwhile, and that thread's mask
// is narrowed and put back; Go makes no threads from a thread that is locked.
func StartPinned(cmd *exec.Cmd, cpus []int) error {
	if len(cpus) == 0 {
		return cmd.Start()
	}
	runtime.LockOSThread()
	before := unix.NewCPUSet(maxCPUs)
	if err := unix.SchedGetaffinityDynamic(0, before); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("host: read CPU affinity: %w", err)
	}
	mask := unix.NewCPUSet(maxCPUs)
	for _, c := range cpus {
		if !before.IsSet(c) { // the kernel would leave it out without a word
			runtime.UnlockOSThread()
			allowed, _ := CPUs()
			return fmt.Errorf("host: start %s on CPUs %v: this process may use only %v", cmd.Path, cpus, allowed)
		}
		mask.Set(c)
	}
	if err := unix.SchedSetaffinityDynamic(0, mask); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("host: start %s on CPUs %v: %w", cmd.Path, slices.Sorted(slices.Values(cpus)), err)
	}
	err := cmd.Start()
	if back := unix.SchedSetaffinityDynamic(0, before); back != nil {
		// The goroutine stays on its thread: no other may end up on a narrowed one.
		return errors.Join(err, fmt.Errorf("host: widen CPU affinity again: %w", back))
	}
	runtime.UnlockOSThread()
	return err
}

//go:build !linux

package host

import (
	"errors"
	"fmt"
	"net/netip"
	"os/exec"
	"runtime"
)

func unsupported(what string) error {
	return fmt.Errorf("host: %s: not on %s, only on Linux: %w", what, runtime.GOOS, errors.ErrUnsupported)
}

// CPUs returns an error: this system does not tell.
func CPUs() ([]int, error) { return nil, unsupported("which CPUs this process may use") }

// Siblings returns nil: this system does not tell.
func Siblings() [][]int { return nil }

// StartPinned returns an error, unless cpus is empty: then it is cmd.Start.
func StartPinned(cmd *exec.Cmd, cpus []int) error {
	if len(cpus) == 0 {
		return cmd.Start()
	}
	return unsupported("start a process on chosen CPUs")
}

// Sample returns an error: this system has no /proc.
func Sample(int) (Proc, error) { return Proc{}, unsupported("sample a process") }

// SampleTree returns an error: this system has no /proc.
func SampleTree(int) (Tree, error) { return Tree{}, unsupported("look at a service's processes") }

// Serves returns an error: this system has no /proc.
func Serves(int, netip.AddrPort) error { return unsupported("see who listens") }

// SelfUsage returns an error: it is measured on Linux only.
func SelfUsage() (Usage, error) { return Usage{}, unsupported("sample this process") }

// ThreadsInRead returns an error: this system has no /proc.
func ThreadsInRead(int) (int, error) { return 0, unsupported("look at a process's threads") }

// ReadCPUTimes returns an error: this system has no /proc.
func ReadCPUTimes() (CPUTimes, error) { return nil, unsupported("read CPU times") }

// EnsureDescriptors returns an error: this system's limits work otherwise.
func EnsureDescriptors(uint64) error { return unsupported("raise the limit of descriptors") }

// Describe returns what Go itself knows of the machine.
func Describe() Description { return runtimeDescription() }

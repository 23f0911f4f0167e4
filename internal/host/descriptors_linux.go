package host

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// EnsureDescriptors makes sure that this process and those it starts may have
// need descriptors open. It raises the soft limit to the hard one, and the hard
// one where that is allowed. The error says what is missing and what to do.
func EnsureDescriptors(need uint64) error {
	var have unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &have); err != nil {
		return fmt.Errorf("host: read the limit of descriptors: %w", err)
	}
	// Also when it is enough already: Go raises its own soft limit at start-up
	// and gives children the old one, except after an explicit Setrlimit.
	want := unix.Rlimit{Cur: max(need, have.Max), Max: max(need, have.Max)}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &want); err == nil {
		return nil
	}
	if need > have.Max {
		return fmt.Errorf("host: %d descriptors are needed and a process may open %d here; raise the limit (ulimit -n %d, or LimitNOFILE= of the service) or ask for fewer connections", need, have.Max, need)
	}
	want = unix.Rlimit{Cur: have.Max, Max: have.Max}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &want); err != nil {
		return fmt.Errorf("host: raise the limit of descriptors to %d: %w", have.Max, err)
	}
	return nil
}

package container

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/model"
)

const (
	// ownThreads are those beside the pool: acceptor, poller, and what Go's
	// runtime starts (monitor, template, collector, signals).
	ownThreads = 16
	// ownDescriptors are those beside clients and upstreams: standard streams,
	// listener, epoll, eventfds, files that are read on the way.
	ownDescriptors = 64
)

// A ceiling is a limit that the system sets.
type ceiling struct {
	n      int
	source string // what to raise
}

// checkCeilings reports what the system does not allow: of threads the pool's,
// and so many beside it. They have to be counted beforehand: Go ends the process
// if one cannot be made.
func checkCeilings(cfg model.EngineConfig, beside int, threads, descriptors ceiling) error {
	var errs []error
	beside += ownThreads
	if need := cfg.Int("max") + beside; need > threads.n {
		errs = append(errs, fmt.Errorf("%s: max=%d needs %d threads, and %s allows %d: raise it, or write max=%d or less",
			cfg.Engine, cfg.Int("max"), need, threads.source, threads.n, max(1, threads.n-beside)))
	}
	// One for each connection and the one held, and for each thread one to
	// whatever it waits for.
	if need := cfg.Int("connections") + 1 + cfg.Int("max") + ownDescriptors; need > descriptors.n {
		errs = append(errs, fmt.Errorf("%s: connections=%d and max=%d need %d descriptors, and %s allows %d: raise it, or write connections=%d or less",
			cfg.Engine, cfg.Int("connections"), cfg.Int("max"), need, descriptors.source, descriptors.n, max(1, cfg.Int("connections")-(need-descriptors.n))))
	}
	return errors.Join(errs...)
}

// descriptorCeiling is RLIMIT_NOFILE, whose soft limit Go has raised.
func descriptorCeiling() ceiling {
	var r unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &r); err != nil {
		return ceiling{math.MaxInt, ""}
	}
	return ceiling{clampInt(r.Cur), "the limit on open files (ulimit -n)"}
}

// threadCeiling is the lowest of what limits threads. What other processes
// use of it is not known, and not counted.
func threadCeiling() ceiling {
	low := ceiling{math.MaxInt, ""}
	lower := func(n int, source string) {
		if n < low.n {
			low = ceiling{n, source}
		}
	}
	var r unix.Rlimit
	const nproc = 6 // RLIMIT_NPROC, of asm-generic/resource.h; root is exempt
	if unix.Geteuid() != 0 && unix.Getrlimit(nproc, &r) == nil {
		lower(clampInt(r.Cur), "the limit on processes (ulimit -u)")
	}
	if n, ok := readLimit("/proc/sys/kernel/threads-max"); ok {
		lower(n, "kernel.threads-max (sysctl)")
	}
	groups, _ := os.ReadFile("/proc/self/cgroup")
	for _, file := range pidsFiles(string(groups)) {
		if n, ok := readLimit(file); ok {
			lower(n, file)
		}
	}
	return low
}

// pidsFiles returns where the cgroups of /proc/self/cgroup, and those around
// them, limit their tasks (cgroups(7)).
func pidsFiles(groups string) []string {
	var files []string
	for line := range strings.Lines(groups) {
		field := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(field) != 3 {
			continue
		}
		root := "/sys/fs/cgroup"
		switch field[1] {
		case "":
		case "pids":
			root += "/pids"
		default:
			continue
		}
		for dir := path.Clean("/" + field[2]); ; dir = path.Dir(dir) {
			files = append(files, path.Join(root, dir, "pids.max"))
			if dir == "/" {
				break
			}
		}
	}
	return files
}

// readLimit reads a file of one number; "max", or no such file, is no limit.
func readLimit(file string) (int, bool) {
	b, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(b)))
	return n, err == nil
}

func clampInt(n uint64) int { return int(min(n, math.MaxInt)) }

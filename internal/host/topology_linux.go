package host

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// maxCPUs is the largest number of CPUs that a Linux kernel can be built for.
const maxCPUs = 8192

// CPUs returns the CPUs that this process may run on, in ascending order.
func CPUs() ([]int, error) {
	set := unix.NewCPUSet(maxCPUs)
	if err := unix.SchedGetaffinityDynamic(0, set); err != nil {
		return nil, fmt.Errorf("host: read CPU affinity: %w", err)
	}
	var cpus []int
	for c := range maxCPUs {
		if set.IsSet(c) {
			cpus = append(cpus, c)
		}
	}
	return cpus, nil
}

// Siblings returns the groups of CPUs that share a core, as /sys has them, for
// [Plan]. It returns nil where /sys does not tell.
func Siblings() [][]int { return siblingsIn(os.DirFS("/sys/devices/system/cpu")) }

func siblingsIn(sys fs.FS) [][]int {
	files, _ := fs.Glob(sys, "cpu[0-9]*/topology/thread_siblings_list")
	var groups [][]int
	for _, f := range files {
		b, err := fs.ReadFile(sys, path.Clean(f))
		if err != nil {
			continue
		}
		group, err := parseCPUList(string(b))
		if err != nil || slices.ContainsFunc(groups, func(g []int) bool { return slices.Equal(g, group) }) {
			continue
		}
		groups = append(groups, group)
	}
	return groups
}

// parseCPUList reads the kernel's list format: "0-3,8,10-11".
func parseCPUList(s string) ([]int, error) {
	var cpus []int
	for part := range strings.SplitSeq(strings.TrimSpace(s), ",") {
		lo, hi, isRange := strings.Cut(part, "-")
		if !isRange {
			hi = lo
		}
		from, err1 := strconv.Atoi(lo)
		to, err2 := strconv.Atoi(hi)
		if err1 != nil || err2 != nil || from < 0 || to < from || to >= maxCPUs {
			return nil, fmt.Errorf("host: %q is no list of CPUs", s)
		}
		for c := from; c <= to; c++ {
			cpus = append(cpus, c)
		}
	}
	return cpus, nil
}

package host

import (
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// groupLimits returns the CPU time per time and the memory that control groups
// allow the process whose groups the file lists (proc/PID/cgroup): the tightest
// of each group and its ancestors; 0 is no limit. Inside a container the group's
// own path may not be visible: then the container's root, which is the group, is
// what is found.
func groupLimits(root fs.FS, file string, memory int64) (cpus float64, bytes int64) {
	for line := range strings.Lines(readText(root, file)) {
		// cgroups(7): ID:controllers:path, and for version 2 no controllers.
		id := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(id) != 3 {
			continue
		}
		controllers := strings.Split(id[1], ",")
		for dir := path.Clean("/" + id[2]); ; dir = path.Dir(dir) {
			if id[1] == "" {
				cpus = tighter(cpus, quotaV2(readText(root, path.Join("sys/fs/cgroup", dir, "cpu.max"))))
				bytes = tighter(bytes, memoryOf(readText(root, path.Join("sys/fs/cgroup", dir, "memory.max")), memory))
			}
			if slices.Contains(controllers, "cpu") {
				base := path.Join("sys/fs/cgroup/cpu", dir)
				cpus = tighter(cpus, quota(readText(root, path.Join(base, "cpu.cfs_quota_us")), readText(root, path.Join(base, "cpu.cfs_period_us"))))
			}
			if slices.Contains(controllers, "memory") {
				bytes = tighter(bytes, memoryOf(readText(root, path.Join("sys/fs/cgroup/memory", dir, "memory.limit_in_bytes")), memory))
			}
			if dir == "/" {
				break
			}
		}
	}
	return cpus, bytes
}

func tighter[T int64 | float64](a, b T) T {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// quotaV2 reads cpu.max: "150000 100000" or "max 100000".
func quotaV2(text string) float64 {
	q, period, _ := strings.Cut(text, " ")
	return quota(q, period)
}

func quota(us, period string) float64 {
	q, err1 := strconv.ParseFloat(us, 64)
	p, err2 := strconv.ParseFloat(period, 64)
	if err1 != nil || err2 != nil || q <= 0 || p <= 0 { // "max", or −1 in version 1
		return 0
	}
	return q / p
}

// memoryOf reads a limit in bytes. "max", and version 1's huge numbers, are no
// limit: nothing that is not below the machine's own memory is.
func memoryOf(text string, memory int64) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 || memory > 0 && n >= memory {
		return 0
	}
	return n
}

package host

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// SampleTree looks at a process and at all that descend from it: the workers
// that a server has forked are as much the service as their parent. It reads the
// stat of every process of the machine, to find descendants, and the status of
// each of the tree's threads: about 15 µs a file.
//
// A process that has ended gives an error that wraps [fs.ErrNotExist].
func SampleTree(pid int) (Tree, error) {
	kin, err := readKin()
	if err != nil {
		return Tree{}, fmt.Errorf("host: sample the processes of %d: %w", pid, err)
	}
	if _, there := kin[pid]; !there {
		return Tree{}, fmt.Errorf("host: sample the processes of %d: no such process: %w", pid, fs.ErrNotExist)
	}
	var t Tree
	for _, p := range kin.under(pid) {
		cpu, err := processCPU(p)
		if err != nil {
			if p == pid && (errors.Is(err, unix.ESRCH) || errors.Is(err, unix.EINVAL)) {
				return Tree{}, sampleError(pid, err)
			}
			continue // it has just ended
		}
		t.Processes++
		t.CPU += cpu + kin[p].reaped
		t.Threads += kin[p].threads
		_ = eachTask(p, func(dir string) {
			if status, err := readProc(dir + "/status"); err == nil {
				t.Voluntary += statusField(status, "voluntary_ctxt_switches:")
				t.Involuntary += statusField(status, "nonvoluntary_ctxt_switches:")
			}
		})
	}
	t.CPUs, t.Affinity, t.Busy = roomOf(pid)
	return t, nil
}

// roomOf returns the CPUs that a process may use, those of its affinity, and the
// CPU time that all processes have used on these; zeros where the system does not
// tell.
func roomOf(pid int) (cpus, affinity float64, busy time.Duration) {
	set := unix.NewCPUSet(maxCPUs)
	times, err := ReadCPUTimes()
	if unix.SchedGetaffinityDynamic(pid, set) != nil || err != nil {
		return 0, 0, 0
	}
	for c, t := range times {
		if set.IsSet(c) {
			affinity++
			busy += t.Busy + t.Steal
		}
	}
	cpus = affinity
	if quota, _ := groupLimits(os.DirFS("/"), "proc/"+strconv.Itoa(pid)+"/cgroup", 0); quota > 0 {
		cpus = min(cpus, quota)
	}
	return cpus, affinity, busy
}

// kin are the processes of a machine.
type kin map[int]relative

type relative struct {
	parent, threads int
	reaped          time.Duration // CPU time of children that have ended and been waited for
}

func readKin() (kin, error) {
	d, err := os.Open("/proc")
	if err != nil {
		return nil, err
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	all := kin{}
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		stat, err := readProc("/proc/" + name + "/stat")
		if err != nil {
			continue // it has ended
		}
		if r, ok := parseKin(stat); ok {
			all[pid] = r
		}
	}
	return all, nil
}

// parseKin reads /proc/PID/stat, proc(5); not of a process that has ended and
// only waits to be waited for.
func parseKin(stat []byte) (r relative, ok bool) {
	end := bytes.LastIndexByte(stat, ')')
	f := bytes.Fields(stat[end+1:])
	if end < 0 || len(f) < 22 || f[0][0] == 'Z' || f[0][0] == 'X' {
		return r, false
	}
	const state = 3 // number of the first field after the name
	field := func(n int) int64 { v, _ := strconv.ParseInt(string(f[n-state]), 10, 64); return v }
	return relative{int(field(4)), int(field(20)), time.Duration(field(16)+field(17)) * clockTick}, true
}

// under returns a process and all that descend from it.
func (k kin) under(pid int) []int {
	children := map[int][]int{}
	for p, r := range k {
		children[r.parent] = append(children[r.parent], p)
	}
	tree := []int{pid}
	for i := 0; i < len(tree) && len(tree) <= len(k); i++ {
		tree = append(tree, children[tree[i]]...)
	}
	return tree
}

// statusField reads a number of /proc/PID/status; 0: it is not there.
func statusField(status []byte, name string) int64 {
	for line := range bytes.Lines(status) {
		if rest, ok := strings.CutPrefix(string(line), name); ok {
			v, _ := strconv.ParseInt(strings.TrimSpace(rest), 10, 64)
			return v
		}
	}
	return 0
}

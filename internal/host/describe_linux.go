package host

import (
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Describe returns what can be found out about the machine. What cannot is left
// empty: a record with less in it is better than none.
func Describe() Description {
	d := describeIn(os.DirFS("/"))
	d.CPUs, _ = CPUs()
	var uts unix.Utsname
	if unix.Uname(&uts) == nil {
		d.Kernel = unix.ByteSliceToString(uts.Release[:])
	}
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) == nil {
		d.Descriptors, d.DescriptorsHard = limit.Cur, limit.Max
	}
	return d
}

// describeIn reads what stands in files.
func describeIn(root fs.FS) Description {
	d := runtimeDescription()
	info := readText(root, "proc/cpuinfo")
	for _, key := range []string{"model name", "Model", "cpu model", "uarch", "Processor"} { // x86, ARM boards, MIPS, RISC-V, old ARM
		if d.CPU = colonField(info, key); d.CPU != "" {
			break
		}
	}
	if online, err := parseCPUList(readText(root, "sys/devices/system/cpu/online")); err == nil {
		d.Cores = len(online)
	}
	d.Governor = readText(root, "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
	kb, _ := strconv.ParseInt(strings.TrimSuffix(colonField(readText(root, "proc/meminfo"), "MemTotal"), " kB"), 10, 64)
	d.Memory = kb << 10
	d.Threads, _ = strconv.ParseUint(readText(root, "proc/sys/kernel/threads-max"), 10, 64)
	d.Virtual = virtualIn(root, info)
	d.CPUQuota, d.MemoryLimit = groupLimits(root, "proc/self/cgroup", d.Memory)
	return d
}

// virtualIn tells what is between the process and the hardware, if it shows.
func virtualIn(root fs.FS, cpuinfo string) string {
	var layers []string
	flags := colonField(cpuinfo, "flags")
	if strings.Contains(" "+flags+" ", " hypervisor ") {
		name := "virtual machine"
		if vendor := readText(root, "sys/class/dmi/id/sys_vendor"); vendor != "" {
			name += fmt.Sprintf(" (%s)", vendor)
		}
		layers = append(layers, name)
	}
	for _, mark := range []string{".dockerenv", "run/.containerenv"} { // Docker, Podman
		if _, err := fs.Stat(root, mark); err == nil {
			layers = append(layers, "container")
			break
		}
	}
	return strings.Join(layers, ", ")
}

func readText(root fs.FS, name string) string {
	b, _ := fs.ReadFile(root, name)
	return strings.TrimSpace(string(b))
}

// colonField returns the value of the first line "key : value".
func colonField(text, key string) string {
	for line := range strings.Lines(text) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == key {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

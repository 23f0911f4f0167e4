package host

import (
	"reflect"
	"runtime"
	"testing"
	"testing/fstest"

	"github.com/plimsoll-dev/plimsoll/record"
)

// A description becomes a record's as it is.
var _ = record.Host(Description{})

func TestDescribe(t *testing.T) {
	for _, c := range []struct {
		name  string
		files fstest.MapFS
		want  Description
	}{
		{"a container on a virtual machine, control groups 2", fstest.MapFS{
			"proc/cpuinfo":                                         file("processor\t: 0\nmodel name\t: AMD EPYC\nflags\t\t: fpu hypervisor sse\n\nprocessor\t: 1\nmodel name\t: other\n"),
			"proc/meminfo":                                         file("MemTotal:       16384 kB\nMemFree: 1 kB\n"),
			"proc/sys/kernel/threads-max":                          file("1000\n"),
			"proc/self/cgroup":                                     file("0::/a/b\n"),
			"sys/fs/cgroup/a/cpu.max":                              file("150000 100000\n"), // an ancestor is tighter
			"sys/fs/cgroup/a/b/cpu.max":                            file("400000 100000\n"),
			"sys/fs/cgroup/cpu.max":                                file("max 100000\n"),
			"sys/fs/cgroup/a/b/memory.max":                         file("8388608\n"),
			"sys/fs/cgroup/a/memory.max":                           file("max\n"),
			"sys/devices/system/cpu/online":                        file("0-1\n"),
			"sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": file("performance\n"),
			"sys/class/dmi/id/sys_vendor":                          file("QEMU\n"),
			".dockerenv":                                           file(""),
		}, Description{CPU: "AMD EPYC", Cores: 2, CPUQuota: 1.5, Governor: "performance", Virtual: "virtual machine (QEMU), container", Memory: 16 << 20, MemoryLimit: 8 << 20, Threads: 1000}},
		{"control groups 1, whose path does not show inside", fstest.MapFS{
			"proc/cpuinfo":                                  file("model name : X\nflags : hypervisory\n"), // not the flag
			"proc/meminfo":                                  file("MemTotal:       16384 kB\n"),
			"proc/self/cgroup":                              file("4:memory:/outside/x\n1:cpu,cpuacct:/outside/x\n0::/\n"),
			"sys/fs/cgroup/cpu/cpu.cfs_quota_us":            file("50000\n"),
			"sys/fs/cgroup/cpu/cpu.cfs_period_us":           file("100000\n"),
			"sys/fs/cgroup/memory/memory.limit_in_bytes":    file("1048576\n"),
			"sys/devices/system/cpu/online":                 file("0\n"),
			"sys/fs/cgroup/memory/x/memory.limit_in_bytes":  file("1\n"), // somebody else's
			"sys/fs/cgroup/unrelated/memory.limit_in_bytes": file("1\n"),
		}, Description{CPU: "X", Cores: 1, CPUQuota: 0.5, Memory: 16 << 20, MemoryLimit: 1 << 20}},
		{"no limits, an ARM board", fstest.MapFS{
			"proc/cpuinfo":                               file("processor : 0\nBogoMIPS : 1\n\nModel\t\t: Some Board\n"),
			"proc/meminfo":                               file("MemTotal:       16384 kB\n"),
			"proc/self/cgroup":                           file("4:memory:/\n1:cpu:/\n"),
			"sys/fs/cgroup/cpu/cpu.cfs_quota_us":         file("-1\n"),
			"sys/fs/cgroup/cpu/cpu.cfs_period_us":        file("100000\n"),
			"sys/fs/cgroup/memory/memory.limit_in_bytes": file("9223372036854771712\n"),
			"sys/devices/system/cpu/online":              file("0-3\n"),
			"run/.containerenv":                          file(""),
		}, Description{CPU: "Some Board", Cores: 4, Memory: 16 << 20, Virtual: "container"}},
		{"nothing to be found", fstest.MapFS{}, Description{Cores: runtime.NumCPU()}},
	} {
		c.want.OS, c.want.Arch, c.want.Go, c.want.GOMAXPROCS = runtime.GOOS, runtime.GOARCH, runtime.Version(), runtime.GOMAXPROCS(0)
		if got := describeIn(c.files); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s:\n got %+v\nwant %+v", c.name, got, c.want)
		}
	}
}

func TestDescribeThisMachine(t *testing.T) {
	d := Describe()
	if d.Kernel == "" || d.Cores < 1 || len(d.CPUs) < 1 || d.Memory < 1<<20 || d.Descriptors == 0 || d.DescriptorsHard < d.Descriptors || d.Threads == 0 {
		t.Errorf("%+v", d)
	}
}

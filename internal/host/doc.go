// Package host is what a measurement has to know of the machine and do to it.
//
// Before a run: [CPUs] and [Siblings] say what there is, [Plan] gives each role
// its share, [StartPinned] starts a process on it, [EnsureDescriptors] makes
// room for connections, [Nobody] is whom somebody else's server runs as, [Describe]
// writes it all down. During a run: [Sample], [SampleTree], [SelfUsage] and
// [ThreadsInRead] look at processes, [Serves] at who listens, [ReadCPUTimes] at what
// the machine's CPUs do, and what its hypervisor takes of them.
//
// Linux has all of it. Elsewhere what is missing returns an error that wraps
// [errors.ErrUnsupported].
package host

import (
	"runtime"
	"time"
)

// A Proc is what the system knows of a process at one moment. Times count from
// the process's start.
type Proc struct {
	CPU     time.Duration // user and system, exact, threads that ended included
	User    time.Duration // to the clock tick, 10 ms
	System  time.Duration // likewise
	RSS     int64         // bytes
	Threads int           // alive now
}

// A Tree is what the system knows of a process and all that descend from it, at
// one moment.
type Tree struct {
	Processes   int
	Threads     int
	CPU         time.Duration // since they began; of children that have ended, if they were waited for, to the clock tick
	Voluntary   int64         // context switches of the threads that are alive, because they waited
	Involuntary int64         // because another was to have the CPU
	CPUs        float64       // that the process may use, by its affinity and its control groups; 0: not known
	Affinity    float64       // that the process's affinity allows; a control group may allow it less
	Busy        time.Duration // CPU time that the whole machine has used on those, since it began, to the clock tick
}

// A Usage is what a process used from its start, threads that ended included.
type Usage struct {
	User, System  time.Duration
	VolSwitches   int64 // context switches because a thread waited
	InvolSwitches int64 // because another was to have its CPU
}

// A Description is a machine as a record's meta row tells it. It names neither
// the machine nor its owner, and converts to record.Host.
type Description struct {
	OS              string
	Arch            string
	Kernel          string
	CPU             string
	Cores           int
	CPUs            []int
	CPUQuota        float64
	Governor        string
	Virtual         string
	Memory          int64
	MemoryLimit     int64
	Go              string
	GOMAXPROCS      int
	Descriptors     uint64
	DescriptorsHard uint64
	Threads         uint64
}

// runtimeDescription is what Go knows by itself.
func runtimeDescription() Description {
	return Description{
		OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.NumCPU(),
		Go: runtime.Version(), GOMAXPROCS: runtime.GOMAXPROCS(0),
	}
}

package host

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// clockTick is the unit of times in /proc: USER_HZ is 100 on every system
// that Go runs on.
const clockTick = 10 * time.Millisecond

// Sample looks at a process. It reads one file and one clock and none per
// thread: 30 µs where there are 500. A process that has ended gives an error
// that wraps [fs.ErrNotExist].
func Sample(pid int) (Proc, error) {
	var p Proc
	stat, err := readProc("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return p, sampleError(pid, err)
	}
	if err := p.parseStat(stat); err != nil {
		return p, fmt.Errorf("host: sample process %d: %w", pid, err)
	}
	if p.CPU, err = processCPU(pid); err != nil {
		return p, sampleError(pid, err)
	}
	return p, nil
}

func sampleError(pid int, err error) error {
	if errors.Is(err, unix.ESRCH) || errors.Is(err, unix.EINVAL) { // a CPU clock of no process is invalid
		err = fs.ErrNotExist
	}
	return fmt.Errorf("host: sample process %d: %w", pid, err)
}

// parseStat reads /proc/PID/stat, proc(5). The second field is the program's
// name in parentheses, and may itself hold spaces and parentheses.
func (p *Proc) parseStat(b []byte) error {
	end := bytes.LastIndexByte(b, ')')
	f := bytes.Fields(b[end+1:])
	if end < 0 || len(f) < 22 {
		return fmt.Errorf("unexpected stat line %q", b)
	}
	const state = 3 // number of the first field after the name
	field := func(n int) int64 { v, _ := strconv.ParseInt(string(f[n-state]), 10, 64); return v }
	p.User = time.Duration(field(14)) * clockTick
	p.System = time.Duration(field(15)) * clockTick
	p.Threads = int(field(20))
	p.RSS = field(24) * int64(os.Getpagesize())
	return nil
}

// processCPU reads a process's CPU clock: exact, where stat has ticks.
func processCPU(pid int) (time.Duration, error) {
	clock := int32(^pid<<3 | 2) // clock_getcpuclockid(3): CPUCLOCK_SCHED of a process
	var ts unix.Timespec
	if err := unix.ClockGettime(clock, &ts); err != nil {
		return 0, err
	}
	return time.Duration(ts.Nano()), nil
}

// SelfUsage returns what this process used: one system call, getrusage(2).
func SelfUsage() (Usage, error) {
	var r unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &r); err != nil {
		return Usage{}, fmt.Errorf("host: getrusage: %w", err)
	}
	return Usage{
		User: time.Duration(r.Utime.Nano()), System: time.Duration(r.Stime.Nano()),
		VolSwitches: int64(r.Nvcsw), InvolSwitches: int64(r.Nivcsw),
	}, nil
}

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

// Sample looks at a process. It reads two small files per thread, for which the
// kernel takes 40 µs: 8 ms for a pool of 200, so it is for the two ends of a
// trial and not for every 100 ms of it. A process that has ended gives an
// error that wraps [fs.ErrNotExist].
func Sample(pid int) (Proc, error) {
	var p Proc
	dir := "/proc/" + strconv.Itoa(pid)
	stat, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return p, sampleError(pid, err)
	}
	if err := p.parseStat(stat); err != nil {
		return p, fmt.Errorf("host: sample process %d: %w", pid, err)
	}
	if p.CPU, err = processCPU(pid); err != nil {
		return p, sampleError(pid, err)
	}
	fds, err := os.ReadDir(dir + "/fd")
	if err != nil {
		return p, sampleError(pid, err)
	}
	p.Descriptors = len(fds)
	err = eachTask(pid, func(task string) {
		status, _ := readProc(task + "/status") // a thread that has just ended has none
		p.VolSwitches += statusField(status, "\nvoluntary_ctxt_switches:\t")
		p.InvolSwitches += statusField(status, "\nnonvoluntary_ctxt_switches:\t")
		p.RunDelay += runDelay(task)
	})
	if err != nil {
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

// eachTask calls f with the /proc directory of every thread of a process.
func eachTask(pid int, f func(dir string)) error {
	dir := "/proc/" + strconv.Itoa(pid) + "/task"
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return err
	}
	for _, n := range names {
		f(dir + "/" + n)
	}
	return nil
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

// processCPU reads a process's CPU clock: exact, where stat has ticks, and with
// the threads that have ended, which the threads' own schedstat has not.
func processCPU(pid int) (time.Duration, error) {
	clock := int32(^pid<<3 | 2) // clock_getcpuclockid(3): CPUCLOCK_SCHED of a process
	var ts unix.Timespec
	if err := unix.ClockGettime(clock, &ts); err != nil {
		return 0, err
	}
	return time.Duration(ts.Nano()), nil
}

// readProc reads one of /proc's small files without what os.ReadFile does for
// others: it asks the poller, and for the size. There are many of them.
func readProc(name string) ([]byte, error) {
	fd, err := unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	defer unix.Close(fd)
	b := make([]byte, 4096) // a thread's status is about 1.5 kB, and comes in one piece
	n, err := unix.Read(fd, b)
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: err}
	}
	return b[:n], nil
}

func statusField(status []byte, key string) int64 {
	_, rest, _ := bytes.Cut(status, []byte(key))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	v, _ := strconv.ParseInt(string(bytes.TrimSpace(line)), 10, 64)
	return v
}

// runDelay reads the second field of a thread's schedstat: nanoseconds spent
// on a run queue. A kernel without it, or a thread that has ended, gives 0.
func runDelay(task string) time.Duration {
	b, _ := readProc(task + "/schedstat")
	f := bytes.Fields(b)
	if len(f) < 2 {
		return 0
	}
	v, _ := strconv.ParseInt(string(f[1]), 10, 64)
	return time.Duration(v)
}

// SelfUsage returns what the system knows of this process. RunDelay is summed
// over the threads alive now.
func SelfUsage() (Usage, error) {
	var r unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &r); err != nil {
		return Usage{}, fmt.Errorf("host: getrusage: %w", err)
	}
	u := Usage{
		User:          time.Duration(r.Utime.Nano()),
		System:        time.Duration(r.Stime.Nano()),
		MaxRSS:        int64(r.Maxrss) << 10, // getrusage(2): kilobytes
		VolSwitches:   int64(r.Nvcsw),
		InvolSwitches: int64(r.Nivcsw),
	}
	err := eachTask(os.Getpid(), func(task string) { u.RunDelay += runDelay(task) })
	if err != nil {
		return u, fmt.Errorf("host: threads of this process: %w", err)
	}
	return u, nil
}

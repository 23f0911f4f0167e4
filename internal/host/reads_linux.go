package host

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// readCalls are the system calls that a thread waits for data in.
var readCalls = []string{
	strconv.Itoa(unix.SYS_READ), strconv.Itoa(unix.SYS_READV), strconv.Itoa(unix.SYS_PREAD64),
	strconv.Itoa(unix.SYS_RECVFROM), strconv.Itoa(unix.SYS_RECVMSG),
}

// readChannels are the kernel functions that such a thread sleeps in, where
// the system calls are not shown. wait_woken is TCP's.
var readChannels = []string{"wait_woken", "sk_wait_data", "unix_stream_read_generic", "unix_stream_data_wait", "pipe_read", "anon_pipe_read"}

// ThreadsInRead returns how many threads of a process wait in a blocking read
// (read, readv, pread, recvfrom, recvmsg) for data now. A read of an eventfd is
// not one: there a thread waits for work. It is evidence, and a glimpse: each
// thread is looked at once, 15 µs after the one before.
func ThreadsInRead(pid int) (int, error) {
	runtime.LockOSThread() // or the thread that looks would be another each time
	defer runtime.UnlockOSThread()
	n, seen, refused := 0, 0, error(nil)
	proc := "/proc/" + strconv.Itoa(pid)
	self := proc + "/task/" + strconv.Itoa(unix.Gettid())
	err := eachTask(pid, func(task string) {
		if task == self {
			seen++
			return
		}
		call, err := readProc(task + "/syscall")
		if err == nil {
			seen++
			if inRead(call, proc) {
				n++
			}
			return
		}
		// Without the right to trace the process, or a kernel that shows calls.
		channel, werr := readProc(task + "/wchan")
		if werr != nil || len(channel) == 0 || string(channel) == "0" {
			refused = err
			return
		}
		seen++
		if slices.Contains(readChannels, string(channel)) {
			n++
		}
	})
	if err == nil && seen == 0 && refused != nil {
		err = refused
	}
	if err != nil {
		return 0, fmt.Errorf("host: threads of process %d in a read: %w", pid, err)
	}
	return n, nil
}

// inRead judges the content of /proc/PID/task/TID/syscall: "running", "-1 …"
// for a thread that waits outside of a call, or the call's number and its
// arguments in hexadecimal, of which a read's first is the descriptor.
func inRead(call []byte, proc string) bool {
	f := bytes.Fields(call)
	if len(f) < 2 || !slices.Contains(readCalls, string(f[0])) {
		return false
	}
	fd, err := strconv.ParseUint(string(f[1]), 0, 64)
	if err != nil {
		return false
	}
	what, err := os.Readlink(proc + "/fd/" + strconv.Itoa(int(int32(fd))))
	return err != nil || !strings.HasPrefix(what, "anon_inode:[eventfd")
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

// readProc reads one of /proc's small files without what os.ReadFile does for
// others: it asks the poller, and for the size. A look at a process's threads
// reads one of each.
func readProc(name string) ([]byte, error) {
	fd, err := unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	defer unix.Close(fd)
	b := make([]byte, 4096) // the longest, stat, has about 400 bytes; each comes in one piece
	n, err := unix.Read(fd, b)
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: err}
	}
	return b[:n], nil
}

package thread

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// runtimeSlack is how late Go's own threads may wake in a process that exists
// for this engine.
const runtimeSlack = 4 * time.Millisecond

// CalmRuntime makes the timers of the threads that the process has now, Go's
// own, coarse. It is for a process that does nothing but serve with this engine,
// before Serve, and returns what the system did not allow.
//
// Go's monitor thread looks every 20 µs for a processor that a system call has
// held for 10 ms, as long as it keeps finding some. In a pool whose threads wait
// for an upstream it always does: 14,000 wake-ups a second and a fifth of a CPU
// at 1,000 requests/s, which no other system with threads pays. With [Procs]
// processors nobody waits for what it would find. The engine's own threads keep
// exact timers.
func CalmRuntime() error {
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return fmt.Errorf("thread: calm the runtime: %w", err)
	}
	slack := strconv.FormatInt(int64(runtimeSlack), 10)
	for _, t := range tasks {
		err := os.WriteFile("/proc/"+t.Name()+"/timerslack_ns", []byte(slack), 0)
		if err != nil && !os.IsNotExist(err) { // the thread has ended
			return fmt.Errorf("thread: calm the runtime: %w", err)
		}
	}
	return nil
}

// exactTimers undoes for the calling thread what it inherited from one of Go's.
func exactTimers() {
	const slack = 50 * time.Microsecond // the system's own default
	_, _, _ = unix.RawSyscall(unix.SYS_PRCTL, unix.PR_SET_TIMERSLACK, uintptr(slack), 0)
}

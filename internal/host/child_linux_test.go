package host

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

// The tests start this binary again to have a process of their own to look at.
const childEnv = "PLIMSOLL_HOST_TEST_CHILD"

func TestMain(m *testing.M) {
	if mode := os.Getenv(childEnv); mode != "" {
		children[mode]()
		return
	}
	goleak.VerifyTestMain(m)
}

var children = map[string]func(){
	"affinity":    childAffinity,
	"reads":       childReads,
	"descriptors": childDescriptors,
}

func childCommand(mode string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), childEnv+"="+mode)
	cmd.Stderr = os.Stderr
	return cmd
}

// A talk is a child that answers each line with a line. Closing its input ends it.
type talk struct {
	t     *testing.T
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines *bufio.Scanner
}

func startTalk(t *testing.T, mode string, args ...string) *talk {
	t.Helper()
	return talkTo(t, childCommand(mode, args...))
}

func talkTo(t *testing.T, cmd *exec.Cmd) *talk {
	t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v", cmd, err)
		}
	})
	return &talk{t, cmd, in, bufio.NewScanner(out)}
}

func (c *talk) ask() string {
	c.t.Helper()
	if _, err := io.WriteString(c.in, "\n"); err != nil {
		c.t.Fatal(err)
	}
	if !c.lines.Scan() {
		c.t.Fatalf("the child said nothing: %v", c.lines.Err())
	}
	return c.lines.Text()
}

// eventually waits until state holds.
func eventually(t *testing.T, what string, state func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !state(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// childAffinity prints the CPUs that each of its threads may use.
func childAffinity() {
	started, quit := make(chan struct{}), make(chan struct{})
	for range 4 {
		go func() {
			runtime.LockOSThread()
			started <- struct{}{}
			<-quit
		}()
		<-started
	}
	lists := []string{}
	must(eachTask(os.Getpid(), func(task string) {
		b, err := os.ReadFile(task + "/status")
		must(err)
		for line := range strings.Lines(string(b)) {
			if l, ok := strings.CutPrefix(line, "Cpus_allowed_list:\t"); ok {
				lists = append(lists, strings.TrimSpace(l))
			}
		}
	}))
	slices.Sort(lists)
	fmt.Println(len(lists) >= 5, strings.Join(slices.Compact(lists), " "))
	close(quit)
}

// childReads holds the threads that its arguments count: in a read of a socket,
// a recvfrom of one, a read of a pipe, a read of an eventfd, and in a sleep.
func childReads() {
	start := func(arg int, wait func()) {
		n, err := strconv.Atoi(os.Args[arg])
		must(err)
		for range n {
			go func() {
				runtime.LockOSThread()
				wait()
			}()
		}
	}
	sockets, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	must(err)
	pipe := make([]int, 2)
	must(unix.Pipe(pipe))
	event, err := unix.Eventfd(0, unix.EFD_SEMAPHORE)
	must(err)
	buf := func() []byte { return make([]byte, 8) }
	start(1, func() { unix.Read(sockets[0], buf()) })
	start(2, func() { unix.Recvfrom(sockets[0], buf(), 0) })
	start(3, func() { unix.Read(pipe[0], buf()) })
	start(4, func() { unix.Read(event, buf()) })
	start(5, func() { time.Sleep(time.Hour) })
	talkBack(func() string { return "here" })
}

// childDescriptors has a low soft limit, asks for 300 descriptors, and prints
// its own limits and those of a process that it starts.
func childDescriptors() {
	var before, after unix.Rlimit
	must(unix.Getrlimit(unix.RLIMIT_NOFILE, &before))
	must(unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 200, Max: before.Max}))
	must(EnsureDescriptors(300))
	must(unix.Getrlimit(unix.RLIMIT_NOFILE, &after))
	out, err := exec.Command("sh", "-c", "ulimit -n").Output()
	must(err)
	fmt.Println(before.Max, after.Cur, strings.TrimSpace(string(out)))
	if err := EnsureDescriptors(1 << 40); err == nil {
		fmt.Println("a million million descriptors were granted")
	} else {
		fmt.Println(err)
	}
}

func talkBack(answer func() string) {
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		fmt.Println(strings.TrimSpace(answer()))
	}
}

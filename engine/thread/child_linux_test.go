package thread

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/httpclient"
	machine "github.com/plimsoll-dev/plimsoll/internal/host" // host is a type of this package
	"github.com/plimsoll-dev/plimsoll/internal/upstream"
	"github.com/plimsoll-dev/plimsoll/model"
)

// A child is this test binary, run again as a server: an engine needs a
// process with its own GOMAXPROCS and CPU.
type child struct {
	cmd     *exec.Cmd
	out     *bufio.Reader
	address string
}

// roleVariable says what a child is: "engine <config> <upstream>", "upstream",
// or "idle <threads>".
const roleVariable = "PLIMSOLL_THREAD_TEST_CHILD"

// startChild starts a child on one CPU and waits until it listens.
func startChild(t testing.TB, cpu, procs int, role string) *child {
	t.Helper()
	c := &child{cmd: exec.Command("/proc/self/exe")}
	c.cmd.Env = append(os.Environ(), roleVariable+"="+role, "GOMAXPROCS="+strconv.Itoa(procs))
	c.cmd.Stderr = os.Stderr
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	begin := c.cmd.Start
	if strings.HasPrefix(role, "engine ") {
		begin = func() error { return machine.WithTimerSlack(RuntimeSlack, c.cmd.Start) }
	}
	if err := onCPU(cpu, begin); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.cmd.Process.Kill(); _ = c.cmd.Wait() })
	c.out = bufio.NewReader(out)
	line, err := c.out.ReadString('\n')
	if err != nil {
		t.Fatalf("child %q did not start: %v", role, err)
	}
	c.address = strings.TrimSpace(line)
	return c
}

// onCPU calls f on a thread that is bound to one CPU, which a process started
// there inherits.
func onCPU(cpu int, f func() error) error {
	errs := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // the thread ends with the goroutine
		var set unix.CPUSet
		set.Set(cpu)
		if err := unix.SchedSetaffinity(0, &set); err != nil {
			errs <- err
			return
		}
		errs <- f()
	}()
	return <-errs
}

// stop has the child drain and exit, and returns what it said of itself.
func (c *child) stop(t testing.TB) engine.Stats {
	t.Helper()
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	var s engine.Stats
	if err := json.NewDecoder(c.out).Decode(&s); err != nil {
		t.Fatalf("child's last words: %v", err)
	}
	if err := c.cmd.Wait(); err != nil {
		t.Fatalf("child: %v", err)
	}
	return s
}

// beChild is the main function of a child.
func beChild(role string) error {
	if n, ok := strings.CutPrefix(role, "idle "); ok {
		return measureIdle(n)
	}
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer cancel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	word := strings.Fields(role)
	if word[0] == "upstream" {
		fmt.Println(ln.Addr())
		err := upstream.New(upstream.Options{}).Serve(ctx, ln)
		fmt.Println("{}")
		return err
	}
	cfg, err := model.ParseEngine(word[1])
	if err != nil {
		return err
	}
	e, err := New(cfg)
	if err != nil {
		return err
	}
	fmt.Println(ln.Addr())
	if err := e.Serve(ctx, ln, relay(word[2])); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(e.Stats())
}

// relay asks the upstream for the path and query it is asked for.
func relay(address string) http.Handler {
	var c httpclient.Client
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := engine.TaskOf(r.Context()).Await("upstream", func(t engine.Task) error {
			var buf [512]byte
			status, _, err := c.Get(t, address, r.URL.RequestURI(), buf[:])
			if err == nil && status != http.StatusOK {
				err = fmt.Errorf("upstream answered %d", status)
			}
			return err
		})
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
		}
	})
}

package engines

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
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/cps"
	"github.com/plimsoll-dev/plimsoll/engine/httpclient"
	"github.com/plimsoll-dev/plimsoll/internal/host"
	"github.com/plimsoll-dev/plimsoll/model"
)

// roleVariable makes this binary a server: the text form of its engine, and
// the address of the upstream. A crowd needs descriptors on both sides, so each
// side is a process; and memory is a process's.
const roleVariable = "PLIMSOLL_ENGINES_TEST_CHILD"

type child struct {
	cmd     *exec.Cmd
	out     *bufio.Reader
	address string
}

// startChild starts a server with that many of Go's processors.
func startChild(t testing.TB, config string, procs int, upstream string) *child {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{cmd: exec.Command(self)}
	c.cmd.Env = append(os.Environ(), roleVariable+"="+config+" "+upstream, "GOMAXPROCS="+strconv.Itoa(procs),
		"GORACE=atexit_sleep_ms=0") // the race detector's children would each end a second late
	c.cmd.Stderr = os.Stderr
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.cmd.Process.Kill(); _ = c.cmd.Wait() })
	c.out = bufio.NewReader(out)
	c.address = c.line(t)
	return c
}

func (c *child) line(t testing.TB) string {
	t.Helper()
	text, err := c.out.ReadString('\n')
	if err != nil {
		t.Fatalf("the server says no more: %v", err)
	}
	return strings.TrimSpace(text)
}

// memory returns the bytes of resident memory and page tables that the child
// uses, without garbage. It is asked by a signal, because a server may have no
// thread left to be asked on.
func (c *child) memory(t testing.TB) int64 {
	t.Helper()
	if err := c.cmd.Process.Signal(syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	n, err := strconv.ParseInt(c.line(t), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// threads returns how many threads the child has.
func (c *child) threads(t testing.TB) int {
	t.Helper()
	p, err := host.Sample(c.cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	return p.Threads
}

// stop has the child drain and exit, and returns what it said of itself.
func (c *child) stop(t testing.TB) (s engine.Stats) {
	t.Helper()
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(c.line(t)), &s); err != nil {
		t.Fatalf("the server's last words: %v", err)
	}
	if err := c.cmd.Wait(); err != nil {
		t.Fatalf("the server: %v", err)
	}
	return s
}

// beChild is the main function of a child.
func beChild(role string) error {
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer cancel()
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGUSR1)
	var plain net.ListenConfig
	plain.SetMultipathTCP(false)
	ln, err := plain.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	config, upstream, _ := strings.Cut(role, " ")
	cfg, err := model.ParseEngine(config)
	if err != nil {
		return err
	}
	e, err := New(cfg)
	if err != nil {
		return err
	}
	fmt.Println(ln.Addr())
	go func() {
		for range asked {
			fmt.Println(inUse())
		}
	}()
	if err := e.Serve(ctx, ln, &waiter{address: upstream}); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(e.Stats())
}

// inUse returns the bytes of this process's resident memory and page tables,
// without garbage; 0 if the system does not say.
func inUse() (sum int64) {
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		f := strings.Fields(line)
		if len(f) == 3 && (f[0] == "VmRSS:" || f[0] == "VmPTE:") {
			kB, _ := strconv.ParseInt(f[1], 10, 64)
			sum += kB << 10
		}
	}
	return sum
}

// A waiter answers /wait when its upstream has answered, in either style, and
// everything else at once.
type waiter struct {
	address string
	client  httpclient.Client
}

func (h *waiter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/wait" {
		return
	}
	h.end(w, engine.TaskOf(r.Context()).Await("upstream", func(t engine.Task) error {
		_, _, err := h.client.Get(t, h.address, "/", nil)
		return err
	}))
}

// ServeCPS implements [cps.Handler].
func (h *waiter) ServeCPS(t cps.Task, w http.ResponseWriter, r *http.Request, done func()) {
	if r.URL.Path != "/wait" {
		done()
		return
	}
	t.Await("upstream", func(t cps.Task, ended func(error)) {
		t.Get(h.address, "/", func(_ int, _ []byte, err error) { ended(err) })
	}, func(err error) {
		h.end(w, err)
		done()
	})
}

func (h *waiter) end(w http.ResponseWriter, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
	}
}

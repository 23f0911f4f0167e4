package loop

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
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
	machine "github.com/plimsoll-dev/plimsoll/internal/host" // host is a type of this package
	"github.com/plimsoll-dev/plimsoll/model"
)

func parse(text string) (model.EngineConfig, error) { return model.ParseEngine(text) }

// roleVariable makes this binary a server: the text form of its engine, and
// the address of an upstream. A crowd needs descriptors on both sides, so each
// side is a process.
const roleVariable = "PLIMSOLL_LOOP_TEST_CHILD"

type child struct {
	cmd     *exec.Cmd
	out     *bufio.Reader
	address string
}

func startChild(t testing.TB, role string) *child {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{cmd: exec.Command(self)}
	c.cmd.Env = append(os.Environ(), roleVariable+"="+role, "GOMAXPROCS=1")
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
	line, err := c.out.ReadString('\n')
	if err != nil {
		t.Fatalf("child %q did not start: %v", role, err)
	}
	c.address = strings.TrimSpace(line)
	return c
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
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer cancel()
	var plain net.ListenConfig
	plain.SetMultipathTCP(false)
	ln, err := plain.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	text, upstream, _ := strings.Cut(role, " ")
	cfg, err := parse(text)
	if err != nil {
		return err
	}
	e, err := New(cfg)
	if err != nil {
		return err
	}
	fmt.Println(ln.Addr())
	err = e.Serve(ctx, ln, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/memory":
			fmt.Fprint(w, resident())
		case "/few-descriptors":
			fmt.Fprint(w, unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 32, Max: 32}))
		case "/wait":
			err := engine.TaskOf(r.Context()).Await("upstream", func(t engine.Task) error { return rig.PassAt(t, upstream) })
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadGateway)
			}
		}
	}))
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(e.Stats())
}

// resident returns the process's resident memory without garbage, in bytes.
func resident() int64 {
	debug.FreeOSMemory()
	p, err := machine.Sample(os.Getpid())
	if err != nil {
		return 0
	}
	return p.RSS
}

// memory asks a child how much memory is resident.
func memory(t testing.TB, c *rig.Conn) int64 {
	t.Helper()
	n, err := strconv.ParseInt(c.Send("/memory").Expect(200), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// crowd connects n clients, a few at a time.
func crowd(t testing.TB, n int, address string, each func(c net.Conn)) []net.Conn {
	t.Helper()
	clients := make([]net.Conn, n)
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for i := g; i < n; i += 8 {
				conn, err := net.Dial("tcp", address)
				if err != nil {
					t.Error(err)
					return
				}
				clients[i] = conn
				each(clients[i])
			}
		})
	}
	all.Wait()
	t.Cleanup(func() {
		for _, c := range clients {
			if c != nil {
				c.Close()
			}
		}
	})
	if t.Failed() {
		t.FailNow()
	}
	return clients
}

// plain asks and reads an answer that fits one segment, without buffers of its
// own.
func plain(c net.Conn, path string) error {
	if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path); err != nil {
		return err
	}
	return ok(c)
}

func ok(c net.Conn) error {
	var b [256]byte
	n, err := c.Read(b[:])
	if err == nil && !strings.HasPrefix(string(b[:n]), "HTTP/1.1 200 ") {
		err = fmt.Errorf("answered %q", b[:n])
	}
	return err
}

// idleBytes connects 10,000 clients, each of which asks once and stays, and
// returns what each of them takes in the server's process.
func idleBytes(t testing.TB) int64 {
	const n = 10_000
	s := startChild(t, "loop:keepalive=10m")
	first := rig.Dial(t, "tcp", s.address)
	crowd(t, 64, s.address, func(c net.Conn) { // what serving takes at all
		if err := plain(c, "/"); err != nil {
			t.Error(err)
		}
	})
	before := memory(t, first)
	clients := crowd(t, n, s.address, func(c net.Conn) {
		if err := plain(c, "/"); err != nil {
			t.Error(err)
		}
	})
	each := (memory(t, first) - before) / n
	// They are all still served.
	for i := 0; i < n; i += 97 {
		if err := plain(clients[i], "/"); err != nil {
			t.Errorf("client %d: %v", i, err)
		}
	}
	if stats := s.stop(t); stats.Accepted < n {
		t.Errorf("%+v", stats)
	}
	return each
}

func TestTenThousandIdleConnections(t *testing.T) {
	each := idleBytes(t)
	t.Logf("%d bytes resident for each", each)
	if !raceEnabled && each > 600 {
		t.Errorf("an idle connection takes %d bytes, more than 600", each)
	}
}

// BenchmarkIdleConnection prints what an idle keep-alive connection takes of
// the server's resident memory: gnet takes 540 bytes, fasthttp 16,500, net/http
// 20,000.
func BenchmarkIdleConnection(b *testing.B) {
	for b.Loop() {
		b.ReportMetric(float64(idleBytes(b)), "B/connection")
	}
	b.ReportMetric(0, "ns/op")
}

// Five thousand requests wait at once, on one thread, and all come back.
func TestFiveThousandRequestsWait(t *testing.T) {
	const n = 5000
	u := rig.NewGate(t)
	s := startChild(t, "loop "+u.Address)
	clients := crowd(t, n, s.address, func(c net.Conn) {
		if _, err := fmt.Fprint(c, "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
			t.Error(err)
		}
	})
	u.Holds(t, n)
	p, err := machine.Sample(s.cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d threads, %d bytes resident for each request", p.Threads, p.RSS/n)
	if p.Threads > 20 {
		t.Errorf("%d threads", p.Threads)
	}
	rig.Dial(t, "tcp", s.address).Send("/").Expect(200) // and others are served
	u.Open()
	for i, c := range clients {
		if err := ok(c); err != nil {
			t.Fatalf("client %d: %v", i, err)
		}
	}
	if stats := s.stop(t); stats.Responses != n+1 || stats.InFlight != 0 {
		t.Errorf("%+v", stats)
	}
}

// Without descriptors clients wait in the kernel's queue; those that are
// connected are served, and the others when one of them leaves.
func TestClientsWaitForDescriptors(t *testing.T) {
	s := startChild(t, "loop")
	first := rig.Dial(t, "tcp", s.address)
	if got := first.Send("/few-descriptors").Expect(200); got != "<nil>" {
		t.Fatal(got)
	}
	const n = 64
	answered := make(chan int, n)
	var all sync.WaitGroup
	clients := crowd(t, n, s.address, func(net.Conn) {})
	for i, c := range clients {
		all.Go(func() {
			if err := plain(c, "/"); err != nil {
				t.Errorf("client %d: %v", i, err)
			}
			answered <- i
		})
	}
	first.Send("/").Expect(200)
	for range n { // each makes room for the next
		clients[<-answered].Close()
	}
	all.Wait()
	first.Send("/").Expect(200)
	s.stop(t)
}

func TestTheConnectionPastTheCapIsHeldUntilOneCloses(t *testing.T) {
	r := serve(t, "loop:connections=2", func(http.ResponseWriter, *http.Request) {})
	first, second := r.Dial(), r.Dial()
	first.Send("/").Expect(200)
	second.Send("/").Expect(200)
	third := r.Get("/")
	rig.Eventually(t, "it is accepted", func() bool { return r.Stats().Connections == 3 })
	first.Send("/").Expect(200) // those inside are served meanwhile
	if s := r.Stats(); s.Requests != 3 {
		t.Errorf("%d requests were taken up", s.Requests)
	}
	second.Close()
	third.Expect(200)
}

// Stopping while one is held serves that one, too.
func TestTheHeldConnectionIsServedWhenTheEngineStops(t *testing.T) {
	r := serve(t, "loop:connections=1", func(http.ResponseWriter, *http.Request) {})
	first := r.Dial()
	first.Send("/").Expect(200)
	held := r.Get("/")
	rig.Eventually(t, "it is accepted", func() bool { return r.Stats().Connections == 2 })
	r.Cancel()
	held.Expect(200)
	r.Stop()
}

package thread

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
	"github.com/plimsoll-dev/plimsoll/internal/address"
	"github.com/plimsoll-dev/plimsoll/internal/blocking"
	"github.com/plimsoll-dev/plimsoll/model"
)

func TestConnectionPastTheCapIsHeldUntilOneCloses(t *testing.T) {
	r := serve(t, "thread:max=4,connections=2", func(http.ResponseWriter, *http.Request) {})
	first, second := r.Dial(), r.Dial()
	first.Send("/").Expect(http.StatusOK)
	second.Send("/").Expect(http.StatusOK)

	third := r.Get("/")
	fourth := r.Get("/") // waits in the kernel's queue
	rig.Eventually(t, "the third is accepted", func() bool { s := r.Stats(); return s.Accepted == 3 && s.Connections == 3 })
	for range 20 {
		first.Send("/").Expect(http.StatusOK)
	}
	if s := r.Stats(); s.Requests != 22 || s.Accepted != 3 {
		t.Errorf("at the cap: %d requests and %d accepted, want those 22 of the first two, and 3", s.Requests, s.Accepted)
	}
	first.Close()
	third.Expect(http.StatusOK)
	rig.Eventually(t, "the fourth is accepted", func() bool { s := r.Stats(); return s.Accepted == 4 && s.Connections == 3 })
	second.Close()
	fourth.Expect(http.StatusOK)
}

func TestIdleConnectionsHaveNoThread(t *testing.T) {
	r := serve(t, "thread:max=2,spare=1", func(http.ResponseWriter, *http.Request) {})
	clients := make([]*rig.Conn, 50)
	for i := range clients {
		clients[i] = r.Dial()
		clients[i].Send("/").Expect(http.StatusOK)
	}
	rig.Eventually(t, "all are idle", func() bool { s := r.Stats(); return s.Connections == 50 && s.Busy == 0 })
	for _, c := range clients {
		c.Send("/").Expect(http.StatusOK)
	}
	if s := r.Stats(); s.Accepted != 50 || s.Threads > 2 {
		t.Errorf("%d connections accepted, %d threads; want 50 and at most 2", s.Accepted, s.Threads)
	}
}

func TestIdleConnectionIsClosedAfterKeepalive(t *testing.T) {
	r := serve(t, "thread:max=2,keepalive=50ms", func(http.ResponseWriter, *http.Request) {})
	c := r.Dial()
	c.Send("/").Expect(http.StatusOK)
	c.End()
	c.Close()
	rig.Eventually(t, "no connection", func() bool { return r.Stats().Connections == 0 })
}

// A client that went away without a request costs no thread, even if none is
// free.
func TestClosedConnectionNeedsNoThread(t *testing.T) {
	g := rig.NewGate(t)
	r := serve(t, "thread:max=1", g.Await)
	c := r.Get("/")
	g.Holds(t, 1)
	r.Dial().Close()
	rig.Eventually(t, "it is gone", func() bool { s := r.Stats(); return s.Accepted == 2 && s.Connections == 1 })
	if s := r.Stats(); s.Queued != 0 {
		t.Errorf("%d queued, want 0", s.Queued)
	}
	g.Open()
	c.Expect(http.StatusOK)
}

func TestContextEndsWhenTheClientGoesAway(t *testing.T) {
	causes := make(chan error, 2)
	entered := make(chan bool, 2)
	r := serve(t, "thread:max=1", func(_ http.ResponseWriter, req *http.Request) {
		entered <- true
		<-req.Context().Done()
		causes <- req.Context().Err()
	})
	running := r.Get("/")
	<-entered
	queued := r.Get("/")
	rig.Eventually(t, "the second is queued", func() bool { return r.Stats().Queued == 1 })
	queued.Close()
	running.Close()
	for range 2 {
		select {
		case err := <-causes:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("context ended by %v", err)
			}
		case <-time.After(rig.Patience):
			t.Fatal("the context has not ended")
		}
	}
	rig.Eventually(t, "no connection", func() bool { return r.Stats().Connections == 0 })
}

func TestContextEndsWithTheRequest(t *testing.T) {
	contexts := make(chan context.Context, 1)
	r := serve(t, "thread:max=1", func(_ http.ResponseWriter, req *http.Request) {
		if req.Context().Err() != nil {
			t.Error("the context has ended at the start")
		}
		contexts <- req.Context()
	})
	r.Get("/").Expect(http.StatusOK)
	<-(<-contexts).Done()
}

func TestSlowHeadIsAnswered408(t *testing.T) {
	e := rig.Build(t, "thread:max=1", newEngine)
	e.SetLimits(engine.Limits{HeaderTimeout: 50 * time.Millisecond, Linger: time.Millisecond})
	r := start(t, e, func(http.ResponseWriter, *http.Request) {})
	slow := r.Dial()
	if _, err := io.WriteString(slow, "GET / HTTP/1.1\r\nHost: te"); err != nil {
		t.Fatal(err)
	}
	rig.Eventually(t, "its thread waits for the rest", func() bool { return rig.InSyscall("plimsoll-exec", unix.SYS_READ) == 1 })
	slow.Expect(http.StatusRequestTimeout)
	slow.End()
	r.Get("/").Expect(http.StatusOK)
}

func TestOversizedInputIsRefused(t *testing.T) {
	e := rig.Build(t, "thread:max=1", newEngine)
	e.SetLimits(engine.Limits{Head: 1000, Body: 1000, Linger: time.Millisecond})
	r := start(t, e, func(w http.ResponseWriter, req *http.Request) {
		if _, err := io.Copy(io.Discard, req.Body); err != nil {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		}
	})
	c := r.Dial()
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: test\r\nX: "+strings.Repeat("x", 2000)); err != nil {
		t.Fatal(err)
	}
	c.Expect(http.StatusRequestHeaderFieldsTooLarge)
	c.End()
	c = r.Dial()
	if _, err := io.WriteString(c, "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 2000\r\n\r\n"+strings.Repeat("x", 2000)); err != nil {
		t.Fatal(err)
	}
	c.Expect(http.StatusRequestEntityTooLarge)
	c.End()
}

func TestUnixListener(t *testing.T) {
	e := rig.Build(t, "thread:max=1", newEngine)
	path := t.TempDir() + "/socket"
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	rig.ServeOn(t, e, ln, http.NotFoundHandler())
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(conn); err != nil || !strings.HasPrefix(string(b), "HTTP/1.0 404") {
		t.Errorf("got %q, %v", b, err)
	}
}

// Out of descriptors, the acceptor waits for better times, and does not try
// again and again.
func TestAcceptorRestsWhenDescriptorsRunOut(t *testing.T) {
	r := serve(t, "thread:max=2", func(http.ResponseWriter, *http.Request) {})
	r.Get("/").Expect(http.StatusOK)
	rig.Eventually(t, "it is the only acceptor", func() bool { // those of engines that have stopped end in their own time
		return len(rig.Threads("plimsoll-accept", "comm")) == 1
	})
	comms, err := filepath.Glob("/proc/self/task/*/comm")
	if err != nil {
		t.Fatal(err)
	}
	var state *os.File // of the acceptor's thread; opened while that is possible
	for _, comm := range comms {
		if b, err := os.ReadFile(comm); err == nil && string(b) == "plimsoll-accept\n" {
			if state, err = os.Open(filepath.Dir(comm) + "/syscall"); err != nil {
				t.Fatal(err)
			}
			defer state.Close()
		}
	}
	ln, err := net.ResolveTCPAddr("tcp", r.Address)
	if err != nil {
		t.Fatal(err)
	}
	_, to, err := address.Sockaddr(ln)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	late := blocking.New(fd, "tcp", nil, ln)
	defer late.Close() //nolint:errcheck // of a test

	lowest, err := unix.Dup(fd)
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(lowest)
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	restore := func() { _ = unix.Setrlimit(unix.RLIMIT_NOFILE, &old) }
	defer restore()
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(lowest), Max: old.Max}); err != nil {
		t.Skip(err)
	}
	if err := unix.Connect(fd, to); err != nil {
		t.Fatal(err)
	}
	// ppoll(2) on one descriptor, not on two: it does not wait for clients.
	rig.Eventually(t, "the acceptor rests", func() bool {
		var b [128]byte
		n, _ := state.ReadAt(b[:], 0)
		f := strings.Fields(string(b[:n]))
		return len(f) > 3 && f[0] == strconv.Itoa(unix.SYS_PPOLL) && f[2] == "0x1"
	})
	if s := r.Stats(); s.Accepted != 1 {
		t.Errorf("%d accepted", s.Accepted)
	}
	restore()
	if _, err := late.Write([]byte("GET / HTTP/1.0\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(late); err != nil || !strings.HasPrefix(string(b), "HTTP/1.0 200") {
		t.Errorf("got %q, %v", b, err)
	}
}

// The time in the queue counts from when the poller saw the request.
func TestQueueingIsAccounted(t *testing.T) {
	g := rig.NewGate(t)
	r := serve(t, "thread:max=1", g.Await)
	first := r.Get("/")
	g.Holds(t, 1)
	second := r.Get("/")
	rig.Eventually(t, "one is queued", func() bool { return r.Stats().Queued == 1 })
	since := time.Now()
	rig.Eventually(t, "20ms have passed", func() bool { return time.Since(since) > 20*time.Millisecond })
	g.Open()
	first.Expect(http.StatusOK)
	second.Expect(http.StatusOK)
	rig.Eventually(t, "both accounted", func() bool { return r.Stats().InFlight == 0 })
	s := r.Stats()
	if queued := time.Duration(s.Residence[model.Queued]); queued < 20*time.Millisecond {
		t.Errorf("queued for %v, want 20ms and more", queued)
	}
	if waited := time.Duration(s.Residence[model.Awaiting]); waited < 20*time.Millisecond {
		t.Errorf("awaited for %v, want 20ms and more", waited)
	}
	if cpu := time.Duration(s.Residence[model.OnCPU]); cpu <= 0 || cpu > time.Second {
		t.Errorf("%v of CPU", cpu)
	}
	if len(s.Ops) != 1 || s.Ops[0].Op != "gate" || s.Ops[0].Count != 2 {
		t.Errorf("ops %+v", s.Ops)
	}
}

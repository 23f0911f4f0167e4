package upstream

import (
	"context"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func descriptors(t testing.TB) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func TestShutdownLeavesNoDescriptor(t *testing.T) {
	for name, during := range map[string]func(s *running) []*client{
		"with nobody there": func(*running) []*client { return nil },
		"with requests held, queued, half sent, and idle connections": func(s *running) []*client {
			var cs []*client
			for _, text := range []string{get("/a?us=" + hour), get("/b?us=" + hour), get("/b?us=" + hour), "GET /", ""} {
				c := s.dial(t)
				c.send(text)
				cs = append(cs, c)
			}
			s.await(t, "3 in flight", func(st Stats) bool { return st.InFlight == 3 && st.Connections == 5 })
			return cs
		},
	} {
		t.Run(name, func(t *testing.T) {
			if ln, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
				ln.Close() // the runtime's own poller exists from the first use on
			}
			before := descriptors(t)
			s := serve(t, Options{Capacity: map[string]int{"b": 1}})
			clients := during(s)
			s.stop()
			for _, c := range clients {
				var p [1]byte
				if n, err := c.Read(p[:]); err == nil {
					t.Errorf("read %d bytes from a server that has stopped", n)
				}
				c.Close()
			}
			if after := descriptors(t); after != before {
				t.Errorf("%d descriptors before, %d after", before, after)
			}
			if st := s.Stats(); st.InFlight != 0 || st.Connections != 0 || st.ByName["b"].Queued != 0 {
				t.Errorf("after the end: %+v", st)
			}
			if c, err := net.Dial("tcp", s.address); err == nil {
				c.Close()
				t.Error("the listener is still open")
			}
		})
	}
}

func TestAServerServesOnce(t *testing.T) {
	s := serve(t, Options{})
	s.dial(t).send(get("/a?us=0"))
	s.await(t, "it serves", func(st Stats) bool { return st.Requests == 1 })
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(context.Background(), ln); err == nil || !strings.Contains(err.Error(), "New") {
		t.Errorf("second Serve: %v", err)
	}
	if _, err := ln.Accept(); err == nil {
		t.Error("the second listener, which Serve owned, is still open")
	}
}

type noDescriptor struct{ net.Listener }

func TestAListenerWithoutADescriptorIsRefused(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := New(Options{}).Serve(context.Background(), noDescriptor{ln}); err == nil || !strings.Contains(err.Error(), "net.Listen") {
		t.Errorf("%v", err)
	}
}

func TestAUnixListenerIsServed(t *testing.T) {
	ln, err := net.Listen("unix", t.TempDir()+"/s")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- New(Options{}).Serve(ctx, ln) }()
	c, err := net.Dial("unix", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte(get("/a?us=0"))); err != nil {
		t.Fatal(err)
	}
	var p [512]byte
	if n, err := c.Read(p[:]); err != nil || !strings.HasSuffix(string(p[:n]), "\r\n\r\nok\n") {
		t.Errorf("%q, %v", p[:n], err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// niced counts threads of this process with a nice value.
func niced(t *testing.T, nice int) int {
	t.Helper()
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, task := range tasks {
		tid, err := strconv.Atoi(task.Name())
		if err != nil {
			t.Fatal(err)
		}
		// The system call, unlike getpriority(3), returns 20 - nice.
		if v, err := unix.Getpriority(unix.PRIO_PROCESS, tid); err == nil && 20-v == nice {
			n++
		}
	}
	return n
}

func TestTheNiceThreadEndsWithItsServer(t *testing.T) {
	const nice = 7
	s := serve(t, Options{Nice: nice})
	c := s.dial(t)
	c.send(get("/a?us=0"))
	c.answer(200)
	if n := niced(t, nice); n != 1 {
		t.Errorf("%d threads of nice %d while serving, want 1", n, nice)
	}
	s.stop()
	await(t, func() (string, bool) { return "no thread of that nice", niced(t, nice) == 0 })
}

// The clients' sockets exist before descriptors run out, so that it is the
// server that gets none.
func TestRunningOutOfDescriptorsPausesAccepting(t *testing.T) {
	s := serve(t, Options{})
	first := s.dial(t)
	first.send(get("/a?us=0"))
	first.answer(200)
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(fd), "late client")
	defer file.Close()

	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	low := limit
	low.Cur = 0 // no new descriptor at all
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &low); err != nil {
		t.Fatal(err)
	}
	restore := func() {
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
			t.Fatal(err)
		}
	}
	defer restore()

	port, err := strconv.Atoi(s.address[strings.LastIndexByte(s.address, ':')+1:])
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if err := unix.Connect(fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	s.await(t, "3 pauses", func(st Stats) bool { return st.AcceptPauses >= 3 })
	// No pause ends early, so this is no matter of speed: n pauses mean that
	// n - 1 of them have passed.
	if pauses, took := s.Stats().AcceptPauses, time.Since(start); took < time.Duration(pauses-1)*acceptPause {
		t.Errorf("%d pauses in %v: it spins", pauses, took)
	}
	first.send(get("/a?us=0"))
	first.answer(200) // it goes on serving meanwhile

	restore()
	if _, err := unix.Write(fd, []byte(get("/late?us=0"))); err != nil {
		t.Fatal(err)
	}
	s.await(t, "the late client is served", func(st Stats) bool { return st.ByName["late"].Requests == 1 })
}

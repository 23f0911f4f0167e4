package thread

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
	"github.com/plimsoll-dev/plimsoll/internal/container"
)

// At 1,000 requests/s: every request that was sent is answered, no connection
// is reset, and idle ones close cleanly.
func TestDrainAnswersWhatWasReceived(t *testing.T) {
	e := rig.Build(t, "thread:max=8", newEngine)
	// Long against any pause of the clients between two requests.
	e.SetLimits(engine.Limits{Linger: 2 * time.Second})
	r := start(t, e, func(_ http.ResponseWriter, req *http.Request) {
		engine.TaskOf(req.Context()).Sleep(2 * time.Millisecond)
	})
	resting := r.Dial()
	resting.Send("/").Expect(http.StatusOK)

	const clients = 20
	var answered atomic.Int64
	var ended sync.WaitGroup
	for range clients {
		ended.Go(func() {
			tick := time.NewTicker(clients * time.Millisecond)
			defer tick.Stop()
			for {
				c, err := net.Dial("tcp", r.Address)
				if err != nil {
					if !errors.Is(err, unix.ECONNREFUSED) {
						t.Errorf("connect: %v", err)
					}
					return
				}
				keep := exchanges(t, c, tick.C, &answered)
				c.Close()
				if !keep {
					return
				}
			}
		})
	}
	rig.Eventually(t, "200 answers", func() bool { return answered.Load() >= 200 })
	r.Cancel()
	ended.Wait()
	resting.End()
	r.Stop()
	s := r.Stats()
	if s.Responses != s.Requests || s.Responses != uint64(answered.Load())+1 {
		t.Errorf("%d requests, %d responses; the clients got %d", s.Requests, s.Responses, answered.Load()+1)
	}
}

// exchanges makes some exchanges on a connection, and reports whether the
// client is to go on with another one.
func exchanges(t *testing.T, c net.Conn, tick <-chan time.Time, answered *atomic.Int64) bool {
	_ = c.SetDeadline(time.Now().Add(rig.Patience))
	b := bufio.NewReader(c)
	for range 10 {
		<-tick
		if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: test\r\n\r\n"); err != nil {
			t.Errorf("send: %v", err)
			return false
		}
		res, err := http.ReadResponse(b, nil)
		if err != nil {
			t.Errorf("a request was sent and not answered: %v", err)
			return false
		}
		res.Body.Close()
		answered.Add(1)
		if res.Close {
			if n, err := b.Read(make([]byte, 1)); n > 0 || err != io.EOF {
				t.Errorf("after Connection: close: %d bytes, %v", n, err)
			}
			return false
		}
	}
	return true
}

// What is in the kernel's queue when the engine stops was received too.
func TestDrainServesTheAcceptQueue(t *testing.T) {
	g := rig.NewGate(t)
	r := serve(t, "thread:max=2,connections=1", g.Await)
	clients := []*rig.Conn{r.Get("/")}
	g.Holds(t, 1)
	for range 5 {
		clients = append(clients, r.Get("/"))
	}
	rig.Eventually(t, "one is held, four are in the kernel's queue", func() bool { return r.Stats().Accepted == 2 })
	r.Cancel()
	rig.Eventually(t, "draining", func() bool { return r.container.Draining() })
	g.Open()
	for _, c := range clients[1:] {
		if res, _ := c.Answer(); res.StatusCode != http.StatusOK || !res.Close {
			t.Errorf("%s, Connection: close %v", res.Status, res.Close)
		}
		c.End()
	}
	clients[0].Expect(http.StatusOK)
	r.Stop()
}

// While a handler still runs, nobody can connect, and Serve does not return.
func TestDrainWaitsForHandlersAndRefusesClients(t *testing.T) {
	g := rig.NewGate(t)
	r := serve(t, "thread:max=2", g.Await)
	c := r.Get("/")
	g.Holds(t, 1)
	r.Cancel()
	rig.Eventually(t, "clients are refused", func() bool {
		d := net.Dialer{Timeout: 100 * time.Millisecond}
		late, err := d.Dial("tcp", r.Address)
		if err == nil {
			late.Close()
		}
		return errors.Is(err, unix.ECONNREFUSED)
	})
	if !r.Serving() {
		t.Fatal("Serve returned with a request unanswered")
	}
	g.Open()
	c.Expect(http.StatusOK)
	r.Stop()
}

func TestNothingIsLeftAfterServe(t *testing.T) {
	descriptors := func() int {
		files, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(files)
	}
	for range 2 { // the first round opens what Go keeps: its own epoll
		before := descriptors()
		t.Run("", func(t *testing.T) {
			g := rig.NewGate(t)
			r := serve(t, "thread:max=6,spare=3", g.Await)
			for range 4 {
				r.Get("/")
			}
			r.Dial()
			g.Holds(t, 4)
			g.Open()
		})
		rig.Eventually(t, "no thread left", func() bool {
			for _, name := range rig.Threads("", "comm") {
				if strings.HasPrefix(name, "plimsoll-") {
					return false
				}
			}
			return true
		})
		if before > 12 { // the second round
			rig.Eventually(t, "no descriptor left", func() bool { return descriptors() <= before })
		}
	}
}

func TestServeOnlyOnce(t *testing.T) {
	r := serve(t, "thread:max=1", func(http.ResponseWriter, *http.Request) {})
	r.Get("/").Expect(http.StatusOK)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Serve(context.Background(), ln, http.NotFoundHandler()); !errors.Is(err, container.ErrServed) {
		t.Errorf("a second Serve: %v", err)
	}
	if _, err := ln.Accept(); err == nil {
		t.Error("the second listener is open")
	}
}

func TestListenerWithoutDescriptor(t *testing.T) {
	e := rig.Build(t, "thread:max=1", newEngine)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	err = e.Serve(context.Background(), struct{ net.Listener }{ln}, http.NotFoundHandler())
	if err == nil || !strings.Contains(err.Error(), "*net.TCPListener") {
		t.Errorf("got %v, want an error that says what to give", err)
	}
}

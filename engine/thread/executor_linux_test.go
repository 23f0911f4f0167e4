package thread

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
)

// From outside: the upstream's gauge reads max, as many threads sleep in
// read(2), and the next request waits in the queue.
func TestExactlyMaxRequestsAreServed(t *testing.T) {
	g := rig.NewGate(t)
	r := serve(t, "thread:max=8,spare=2", g.Await)
	clients := make([]*rig.Conn, 12)
	for i := range clients {
		clients[i] = r.Get("/")
	}
	rig.Eventually(t, "8 requests at the upstream, 4 queued", func() bool { return g.Now() == 8 && r.Stats().Queued == 4 })
	rig.Eventually(t, "8 threads in a blocking read", func() bool { return rig.InSyscall("plimsoll-exec", unix.SYS_READ) == 8 })
	if s := r.Stats(); s.Threads != 8 || s.Busy != 8 || s.InFlight != 8 || s.Connections != 12 {
		t.Errorf("stats %+v, want 8 threads, all busy, 8 in flight, 12 connections", s)
	}
	g.Open()
	for _, c := range clients {
		c.Expect(http.StatusOK)
	}
	if peak := g.Peak(); peak != 8 {
		t.Errorf("%d requests were at the upstream at once, want 8", peak)
	}
	rig.Eventually(t, "all answered", func() bool { s := r.Stats(); return s.Responses == 12 && s.Busy == 0 && s.InFlight == 0 })
}

// Tomcat's order: idle threads first, then new ones, and the queue only when
// there are max.
func TestThreadsGrowBeforeRequestsQueue(t *testing.T) {
	g := rig.NewGate(t)
	r := serve(t, "thread:max=4,spare=2", g.Await)
	for held := range 7 {
		threads, queued := max(2, min(held, 4)), max(0, held-4)
		rig.Eventually(t, fmt.Sprintf("with %d requests %d threads, %d queued", held, threads, queued), func() bool {
			s := r.Stats()
			return s.Threads == threads && s.Queued == queued && s.Busy == min(held, 4) && g.Now() == min(held, 4)
		})
		r.Get("/")
	}
	g.Open()
}

func TestPoolShrinksToSpareAfterIdle(t *testing.T) {
	g := rig.NewGate(t)
	r := serve(t, "thread:max=6,spare=2,idle=30ms", g.Await)
	clients := make([]*rig.Conn, 6)
	for i := range clients {
		clients[i] = r.Get("/")
	}
	rig.Eventually(t, "6 threads", func() bool { return r.Stats().Threads == 6 && len(rig.Threads("plimsoll-exec", "comm")) == 6 })
	g.Open()
	for _, c := range clients {
		c.Expect(http.StatusOK)
	}
	rig.Eventually(t, "2 threads left", func() bool { return r.Stats().Threads == 2 && len(rig.Threads("plimsoll-exec", "comm")) == 2 })
	clients[0].Send("/").Expect(http.StatusOK)
}

func TestFullQueueIsRefusedAndServiceGoesOn(t *testing.T) {
	g := rig.NewGate(t)
	r := serve(t, "thread:max=1,queue=1", g.Await)
	first := r.Get("/")
	rig.Eventually(t, "one request served", func() bool { return r.Stats().Busy == 1 })
	second := r.Get("/")
	rig.Eventually(t, "one request queued", func() bool { return r.Stats().Queued == 1 })

	third := r.Get("/")
	res, _ := third.Answer()
	if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" || !res.Close {
		t.Errorf("past the queue: %s, Retry-After %q, close %v", res.Status, res.Header.Get("Retry-After"), res.Close)
	}
	third.End()

	// One that does not take its refusal, and goes on sending, holds up nobody.
	fourth := r.Dial()
	if _, err := fourth.Write([]byte("POST / HTTP/1.1\r\nContent-Length: 300000\r\n\r\n" + strings.Repeat("x", 200_000))); err != nil {
		t.Fatal(err)
	}
	rig.Eventually(t, "two refused", func() bool { return r.Stats().Rejected == 2 })

	g.Open()
	first.Expect(http.StatusOK)
	second.Expect(http.StatusOK)
	r.Get("/").Expect(http.StatusOK)
	if res, _ := fourth.Answer(); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("refused while it sends: %s", res.Status)
	}
}

func TestWithoutAQueueBusyThreadsRefuse(t *testing.T) {
	g := rig.NewGate(t)
	r := serve(t, "thread:max=2,queue=0", g.Await)
	clients := []*rig.Conn{r.Get("/"), r.Get("/")}
	g.Holds(t, 2)
	r.Get("/").Expect(http.StatusServiceUnavailable)
	g.Open()
	for _, c := range clients {
		c.Expect(http.StatusOK)
	}
}

func TestWithoutReuseEveryRequestHasAThreadOfItsOwn(t *testing.T) {
	g := rig.NewGate(t)
	var mu sync.Mutex
	seen := map[int]bool{}
	r := serve(t, "thread:max=3,reuse=off", func(w http.ResponseWriter, req *http.Request) {
		mu.Lock()
		seen[unix.Gettid()] = true
		mu.Unlock()
		g.Await(w, req)
	})
	clients := make([]*rig.Conn, 5)
	for i := range clients {
		clients[i] = r.Get("/")
	}
	rig.Eventually(t, "3 served, 2 queued", func() bool { s := r.Stats(); return s.Threads == 3 && s.Queued == 2 && g.Now() == 3 })
	g.Open()
	for _, c := range clients {
		c.Expect(http.StatusOK)
	}
	// On one connection, and both requests in one packet: still two threads.
	for range 4 {
		clients[0].Send("/").Expect(http.StatusOK)
	}
	if _, err := clients[0].Write([]byte(strings.Repeat("GET / HTTP/1.1\r\nHost: test\r\n\r\n", 2))); err != nil {
		t.Fatal(err)
	}
	clients[0].Expect(http.StatusOK)
	clients[0].Expect(http.StatusOK)
	mu.Lock()
	defer mu.Unlock()
	if len(seen) != 11 {
		t.Errorf("11 requests ran on %d threads", len(seen))
	}
	if peak := g.Peak(); peak > 3 {
		t.Errorf("%d requests at once, max is 3", peak)
	}
	rig.Eventually(t, "no thread left", func() bool { return r.Stats().Threads == 0 && len(rig.Threads("plimsoll-exec", "comm")) == 0 })
}

func TestThreadsOutliveHandlersThatEndTheirGoroutine(t *testing.T) {
	r := serve(t, "thread:max=2,spare=1", func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/goexit" {
			runtime.Goexit()
		}
	})
	for range 5 { // more than max
		r.Get("/goexit").End()
	}
	r.Get("/").Expect(http.StatusOK)
	rig.Eventually(t, "nothing under way", func() bool { s := r.Stats(); return s.Busy == 0 && s.InFlight == 0 })
}

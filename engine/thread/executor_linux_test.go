package thread

import (
	"net/http"
	"testing"

	"golang.org/x/sys/unix"
)

// From outside: the upstream's gauge reads max, as many threads sleep in
// read(2), and the next request waits in the queue.
func TestExactlyMaxRequestsAreServed(t *testing.T) {
	g := newGate(t)
	r := serve(t, "thread:max=8,spare=2", g.through)
	clients := make([]*client, 12)
	for i := range clients {
		clients[i] = connectTo(t, r.address).send("/")
	}
	await(t, "8 requests at the upstream, 4 queued", func() bool { return g.now.Load() == 8 && r.Stats().Queued == 4 })
	await(t, "8 threads in a blocking read", func() bool { return inSyscall(t, "plimsoll-exec", unix.SYS_READ) == 8 })
	if s := r.Stats(); s.Threads != 8 || s.Busy != 8 || s.InFlight != 8 || s.Connections != 12 {
		t.Errorf("stats %+v, want 8 threads, all busy, 8 in flight, 12 connections", s)
	}
	g.release()
	for _, c := range clients {
		c.expect(http.StatusOK)
	}
	if peak := g.peak.Load(); peak != 8 {
		t.Errorf("%d requests were at the upstream at once, want 8", peak)
	}
	await(t, "all answered", func() bool { s := r.Stats(); return s.Responses == 12 && s.Busy == 0 && s.InFlight == 0 })
}

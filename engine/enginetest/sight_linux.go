package enginetest

import (
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/host"
)

// A Sight is what was seen of requests that wait in a step.
type Sight struct {
	AtOnce int  // requests that wait there at once
	InRead int  // OS threads that sit in a blocking read(2) meanwhile
	Alive  bool // another request, that only says "alive", is answered
	Stuck  bool // let go, they do not go on
}

func (s Sight) String() string {
	return fmt.Sprintf("%d wait at once, %d threads in read(2), others served: %t, stuck: %t", s.AtOnce, s.InRead, s.Alive, s.Stuck)
}

// see returns what there is to be seen at a leaf. Where I/O in no verb goes to
// workers, one sends it and another receives: the upstream then has requests
// for whose answers nobody waits yet, and those that wait have a thread each.
func (s *stage) see(l leaf, alive bool) Sight {
	s.h.t.Helper()
	n, err := host.ThreadsInRead(os.Getpid())
	if err != nil {
		s.h.t.Fatal(err)
	}
	got := Sight{AtOnce: l.now(), InRead: n, Alive: alive}
	if l.name == bareIO && n > 0 {
		got.AtOnce = min(got.AtOnce, n)
	}
	return got
}

// expect asks for the step from every client and waits until what is expected
// is seen; then it looks whether it stays so. It returns what is seen, and lets
// all go.
func (s *stage) expect(outer, inner string, expected func(Sight) bool, also func()) Sight {
	s.h.t.Helper()
	_, l := s.find(outer + "/" + inner)
	s.ask(outer, inner)
	var is Sight
	for end := time.Now().Add(s.h.patience); ; time.Sleep(time.Millisecond) {
		is = s.see(l, true)
		if expected(is) {
			break
		}
		if is.Alive = false; expected(is) {
			break
		}
		if is.Stuck = true; expected(is) {
			break
		}
		if time.Now().After(end) {
			s.h.t.Fatalf("%s: of %d requests %d wait at once, with %d threads in read(2), and stay so", path(outer, inner), len(s.asks), is.AtOnce, is.InRead)
		}
	}
	patience := s.h.quiet
	if is.Alive {
		patience = s.h.patience
	}
	answered := s.answers(patience)
	if is.Alive && l.now() < len(s.asks) {
		time.Sleep(s.h.quiet) // otherwise it has been quiet already, or nobody is left to come
	}
	got := s.see(l, answered)
	if also != nil && expected(got) {
		also()
	}
	l.open(len(s.asks))
	if is.Stuck {
		got.Stuck = !s.answered(s.h.quiet)
	}
	s.collect(got.Stuck)
	return got
}

// settle is expect for those who do not know what to expect: it waits until
// nothing changes any more.
func (s *stage) settle(outer, inner string) Sight {
	s.h.t.Helper()
	const unchanged = 100 * time.Millisecond
	_, l := s.find(outer + "/" + inner)
	s.ask(outer, inner)
	last := Sight{AtOnce: -1}
	for since := time.Now(); time.Since(since) < unchanged || last.AtOnce == 0 && time.Since(since) < 10*unchanged; time.Sleep(time.Millisecond) {
		if now := s.see(l, false); now != last {
			last, since = now, time.Now()
		}
	}
	got := s.see(l, s.answers(3*unchanged))
	l.open(len(s.asks))
	got.Stuck = !got.Alive && !s.answered(10*unchanged)
	s.collect(got.Stuck)
	return got
}

// answers sends the light request and reports whether it is answered within d.
func (s *stage) answers(d time.Duration) bool {
	s.light.SetDeadline(time.Now().Add(s.h.patience))
	s.light.send("GET /alive HTTP/1.1\nHost: a\n\n")
	return s.light.hears(d)
}

// answered reports whether any request that waited is answered within d.
func (s *stage) answered(d time.Duration) bool {
	end := time.Now().Add(d)
	for _, c := range s.asks {
		if c.hears(time.Until(end)) {
			return true
		}
	}
	return false
}

// hears reports whether an answer begins within d.
func (c *client) hears(d time.Duration) bool {
	c.SetReadDeadline(time.Now().Add(d))
	defer c.SetReadDeadline(time.Now().Add(patience))
	_, err := c.r.Peek(1)
	return err == nil
}

// collect reads everybody's answer. Who is stuck is answered when the engine is
// stopped; then the stage is over.
func (s *stage) collect(stuck bool) {
	s.h.t.Helper()
	if stuck {
		s.h.cancel()
		s.end()
	}
	for _, c := range s.asks {
		c.want(http.StatusOK, "<nil>")
	}
	s.light.want(http.StatusOK, "alive")
	if stuck {
		s.h.stop()
	}
}

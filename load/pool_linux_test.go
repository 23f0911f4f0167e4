package load

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
)

func TestConnectionsAreOpenedOneByOne(t *testing.T) {
	// Nobody is answered before there are 20 connections, so each request of the
	// burst needs its own.
	const n, every = 20, 10 * time.Millisecond
	var all sync.WaitGroup
	all.Add(n)
	target := server(t, func(p *peer) {
		p.request()
		all.Done()
		all.Wait()
		p.say(ok)
		p.request()
	})
	s := run(t, Config{
		Target: target, ConnectEvery: every,
		Arrivals: model.Arrivals{Kind: model.Bursts, Burst: n}, Stages: []model.Stage{stage(time.Millisecond, n*1000)},
	}, n)
	wantAll(t, s, OK)
	if s.Opened != n || s.Elapsed < (n-1)*every {
		t.Errorf("%d connections in %v; want %d, at least %v apart", s.Opened, s.Elapsed, n, every)
	}
	// The last had to wait for all the others, and its latency says so.
	if l := s.Lag.Max(); l < (n-1)*every {
		t.Errorf("the longest lag is %v, want at least %v", l, (n-1)*every)
	}
}

func TestNoMoreConnectionsAreBeingOpenedThanAllowed(t *testing.T) {
	target, stop := deafServer(t)
	defer stop()
	s := run(t, Config{Target: target, Timeout: 200 * time.Millisecond, ConnectEvery: -1, Connecting: 8}, 50)
	most := 0
	for _, x := range s.InFlight {
		most = max(most, x.Connecting)
	}
	if most != 8 {
		t.Errorf("%d connections at most were being opened at a time, want 8", most)
	}
}

func TestAConnectionThatEndedIsReplacedAtOnce(t *testing.T) {
	target := server(t, func(p *peer) {
		p.request()
		p.say("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
	})
	// With an hour between two connections, only the replaced ones are opened.
	s := run(t, Config{Target: target, Closed: 1, ConnectEvery: time.Hour, Stages: []model.Stage{stage(100*time.Millisecond, 0)}}, 0)
	wantAll(t, s, OK)
	if s.Arrivals < 2 || s.Opened < s.Arrivals {
		t.Errorf("%d requests on %d connections", s.Arrivals, s.Opened)
	}
}

func TestAConnectionIsKept(t *testing.T) {
	var conns atomic.Int32
	target := server(t, func(p *peer) {
		conns.Add(1)
		answer(ok)(p)
	})
	s := run(t, Config{Target: target, Closed: 3, Stages: []model.Stage{stage(100*time.Millisecond, 0)}}, 0)
	wantAll(t, s, OK)
	if s.Arrivals < 10 || s.Opened > 3 || conns.Load() > 3 {
		t.Errorf("%d requests on %d connections (the server saw %d), want 3 at most", s.Arrivals, s.Opened, conns.Load())
	}
	if int(s.Connect.Count()) != int(s.Opened) {
		t.Errorf("%d times to connect of %d connections", s.Connect.Count(), s.Opened)
	}
}

func TestPreopenedConnectionsAreThereBeforeTheStart(t *testing.T) {
	var conns, early atomic.Int32
	target := server(t, func(p *peer) {
		conns.Add(1)
		for {
			if _, _, err := p.request(); err != nil {
				return
			}
			// Accepting is the server's, and may be later than connecting is done.
			for deadline := time.Now().Add(5 * time.Second); conns.Load() < 16 && time.Now().Before(deadline); {
				time.Sleep(time.Millisecond)
			}
			if conns.Load() >= 16 {
				early.Add(1)
			}
			p.say(ok)
		}
	})
	s := run(t, Config{Target: target, Preopen: 16}, 5)
	wantAll(t, s, OK)
	if early.Load() != 5 || s.Opened != 0 || s.Connect.Count() != 0 {
		t.Errorf("%d of 5 requests came after 16 connections; %d more were opened", early.Load(), s.Opened)
	}
}

func TestPreopenedConnectionsThatTheServerGaveUpAreNoFailures(t *testing.T) {
	target := server(t, func(p *peer) {
		if p.n > 0 {
			answer(ok)(p)
		}
	})
	// The end is noticed before the request or after it; it must not matter.
	s := run(t, Config{Target: target, Preopen: 1}, 1)
	wantAll(t, s, OK)
}

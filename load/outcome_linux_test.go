package load

import (
	"context"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
)

// run does a run of n constant arrivals 1 ms apart, or what cfg says instead,
// and checks what must hold of every run.
func run(t *testing.T, cfg Config, n int) Summary {
	t.Helper()
	if cfg.Routes == nil {
		cfg.Routes = []Route{{Path: "/"}}
	}
	if cfg.Stages == nil {
		cfg.Stages = []model.Stage{stage(time.Duration(n)*time.Millisecond, 1000)}
	}
	if cfg.Arrivals.Kind == "" {
		cfg.Arrivals.Kind = model.Constant
	}
	var seconds Counts
	next := 0
	s, err := Run(context.Background(), cfg, func(s Second) {
		if s.Index != next {
			t.Errorf("second %d was handed out where %d was due", s.Index, next)
		}
		next++
		seconds.Add(&s.Counts)
	})
	if err != nil {
		t.Fatal(err)
	}
	if seconds != s.Counts {
		t.Errorf("the seconds add up to %+v, the summary says %+v", seconds, s.Counts)
	}
	var sum uint64
	for _, k := range s.Outcomes {
		sum += k
	}
	if sum != s.Arrivals {
		t.Errorf("%d arrivals, but %d outcomes: %v", s.Arrivals, sum, s.Outcomes)
	}
	if n > 0 && s.Arrivals != uint64(n) {
		t.Errorf("%d arrivals, want %d", s.Arrivals, n)
	}
	return s
}

// wantAll says that every arrival had one outcome.
func wantAll(t *testing.T, s Summary, o Outcome) {
	t.Helper()
	var want [NumOutcomes]uint64
	want[o] = s.Arrivals
	if s.Outcomes != want {
		t.Errorf("outcomes %v, want all %d to be %v (place %d); errors %q", s.Outcomes, s.Arrivals, o, o, s.Errors)
	}
}

func TestEachOutcomeHasItsOwnBin(t *testing.T) {
	reset := func(p *peer) { p.SetLinger(0) } // close sends RST
	for _, c := range []struct {
		name   string
		script func(*peer)
		want   Outcome
	}{
		{"answer with a length", answer(ok), OK},
		{"chunked answer", answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nok\r\n0\r\nTrailer: x\r\n\r\n"), OK},
		{"answer without a body", answer("HTTP/1.1 204 No Content\r\n\r\n"), OK},
		{"interim answer first", answer("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + ok), OK},
		{"answer until the connection ends", func(p *peer) { p.request(); p.say("HTTP/1.1 200 OK\r\n\r\nok") }, OK},
		{"answer of HTTP/1.0", func(p *peer) { p.request(); p.say("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok") }, OK},
		{"the server's end comes before its answer is asked for", func(p *peer) { p.request(); p.say(ok); p.CloseWrite(); p.request() }, OK},
		{"not found, which the service says in good order", answer("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), OK},
		{"503", answer("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\n\r\n"), Status},
		{"500 and the end of the connection", func(p *peer) {
			p.request()
			p.say("HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		}, Status},
		{"429", answer("HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n"), Status},
		{"end of file instead of an answer", func(p *peer) { p.request() }, Closed},
		{"end of file before the request", func(p *peer) { p.CloseWrite(); p.request(); p.request() }, Closed},
		{"end of file in the head", func(p *peer) { p.request(); p.say("HTTP/1.1 200 OK\r\nContent-Le") }, Closed},
		{"end of file in the body", func(p *peer) { p.request(); p.say("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok") }, Closed},
		{"end of file in a chunk", func(p *peer) { p.request(); p.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nok") }, Closed},
		{"reset instead of an answer", func(p *peer) { p.request(); reset(p) }, Reset},
		{"reset in the body", func(p *peer) { p.request(); p.say("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok"); reset(p) }, Reset},
		{"not HTTP", answer("SSH-2.0-OpenSSH_9.2\r\n"), Malformed},
		{"two lengths", answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok"), Malformed},
		{"bad chunk", answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), Malformed},
		{"another protocol", answer("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n"), Malformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := run(t, Config{Target: server(t, c.script), ConnectEvery: -1}, 20)
			// A reset may overtake the bytes before it, or be met by a write.
			wantAll(t, s, c.want)
			if s.Sent != s.Arrivals {
				t.Errorf("%d of %d requests sent", s.Sent, s.Arrivals)
			}
		})
	}
}

func TestARefusedConnectionFailsTheRequest(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	target := "http://" + ln.Addr().String()
	ln.Close()
	for name, cfg := range map[string]Config{
		"open loop":   {Target: target, Stages: []model.Stage{stage(20*time.Millisecond, 1000)}},
		"closed loop": {Target: target, Closed: 4, Stages: []model.Stage{stage(50*time.Millisecond, 1)}},
	} {
		t.Run(name, func(t *testing.T) {
			s := run(t, cfg, 0)
			wantAll(t, s, Refused)
			if s.Sent != 0 || s.Arrivals == 0 {
				t.Errorf("%d arrivals, %d sent; want some and none", s.Arrivals, s.Sent)
			}
			if limit := uint64(s.Elapsed/DefaultConnectEvery) + 5; cfg.Closed > 0 && s.Arrivals > limit {
				t.Errorf("%d refused requests in %v: a closed loop must not spin", s.Arrivals, s.Elapsed)
			}
		})
	}
}

func TestARequestTimesOutFromItsIntendedTime(t *testing.T) {
	gone := make(chan bool, 100)
	target := server(t, func(p *peer) {
		p.request()
		_, _, err := p.request() // the client closes the connection
		gone <- err != nil
	})
	// Connected before: what takes longer than the timeout to connect is another outcome.
	s := run(t, Config{Target: target, Timeout: 30 * time.Millisecond, ConnectEvery: -1, Preopen: 20}, 20)
	wantAll(t, s, Timeout)
	if got := s.Latency.Quantile(0); got < 30*time.Millisecond || s.Latency.Count() != 20 {
		t.Errorf("%d latencies, the smallest %v; want 20 of at least the timeout", s.Latency.Count(), got)
	}
	for range 20 {
		if !<-gone {
			t.Fatal("a connection was used again after its request had timed out")
		}
	}
}

func TestWithoutAConnectionItIsAConnectTimeout(t *testing.T) {
	// A backlog of one that nobody accepts from: further SYNs are dropped.
	target, stop := deafServer(t)
	defer stop()
	s := run(t, Config{Target: target, Timeout: 100 * time.Millisecond, ConnectEvery: -1}, 40)
	if s.Outcomes[ConnectTimeout] == 0 || s.Outcomes[ConnectTimeout]+s.Outcomes[Timeout] != 40 {
		t.Errorf("outcomes %v, want timeouts, and some of them without a connection", s.Outcomes)
	}
	if s.Sent != s.Outcomes[Timeout] {
		t.Errorf("%d sent, %d timed out after that", s.Sent, s.Outcomes[Timeout])
	}
}

func TestArrivalsPastTheCapAreNotSent(t *testing.T) {
	release := make(chan struct{})
	var held = make(chan struct{}, 100)
	target := server(t, func(p *peer) {
		for {
			if _, _, err := p.request(); err != nil {
				return
			}
			held <- struct{}{}
			<-release
			p.say(ok)
		}
	})
	stopped := false
	s := run(t, Config{Target: target, InFlight: 7, ConnectEvery: -1, Stop: func(tick Tick) bool {
		if !stopped && tick.Outcomes[Capped] == 13 && len(held) == 7 {
			stopped = true
			close(release)
		}
		return false
	}, Stages: []model.Stage{stage(20*time.Millisecond, 1000), stage(300*time.Millisecond, 0)}}, 20)
	if !stopped {
		close(release)
		t.Fatalf("never 13 past the cap and 7 held: %v", s.Outcomes)
	}
	if s.Outcomes[Capped] != 13 || s.Outcomes[OK] != 7 || s.Sent != 7 {
		t.Errorf("outcomes %v, %d sent; want 7 answered and sent, 13 capped", s.Outcomes, s.Sent)
	}
}

func TestARequestThatMetAClosingConnectionIsSentAgain(t *testing.T) {
	// The first connection answers once, then closes as soon as the second
	// request has come: to the client it looks as if the server had given up an
	// idle connection.
	for _, c := range []struct {
		method  string
		reset   bool
		retried uint64
		want    [2]uint64 // OK, failed
	}{
		{"GET", false, 1, [2]uint64{3, 0}},
		{"GET", true, 1, [2]uint64{3, 0}},
		{"POST", false, 0, [2]uint64{2, 1}}, // not idempotent: it may have been done
	} {
		target := server(t, func(p *peer) {
			if p.n > 0 {
				answer(ok)(p)
				return
			}
			p.request()
			p.say(ok)
			p.request()
			if c.reset {
				p.SetLinger(0)
			}
		})
		cfg := Config{Target: target, Routes: []Route{{Path: "/", Method: c.method, Body: []byte("x")}}, Stages: []model.Stage{stage(300*time.Millisecond, 10)}}
		s := run(t, cfg, 3)
		if s.Retried != c.retried || s.Outcomes[OK] != c.want[0] || s.Failed() != c.want[1] || s.Sent != 3 {
			t.Errorf("%s, reset %v: retried %d, sent %d, outcomes %v", c.method, c.reset, s.Retried, s.Sent, s.Outcomes)
		}
	}
}

func TestARequestIsSentAgainOnlyOnce(t *testing.T) {
	target := server(t, func(p *peer) {
		p.request()
		if p.n < 2 { // two connections that are kept after an answer, and no more
			p.say(ok)
			p.request()
		}
	})
	// Two at once open both; of the next two, each is sent again and fails, at
	// the latest on a fresh connection.
	s := run(t, Config{Target: target, Arrivals: model.Arrivals{Kind: model.Bursts, Burst: 2}, Stages: []model.Stage{stage(200*time.Millisecond, 20)}, ConnectEvery: -1}, 4)
	if s.Outcomes[OK] != 2 || s.Outcomes[Closed] != 2 || s.Retried != 2 {
		t.Errorf("retried %d, outcomes %v; want 2 of 2 sent again, and closed", s.Retried, s.Outcomes)
	}
}

func TestWithinAndStatusesAreCounted(t *testing.T) {
	target := server(t, func(p *peer) {
		for {
			req, _, err := p.request()
			if err != nil {
				return
			}
			p.say("HTTP/1.1 " + strings.TrimPrefix(req.URL.Path, "/") + " X\r\nContent-Length: 0\r\n\r\n")
		}
	})
	cfg := Config{Target: target, Within: time.Nanosecond, Seed: 3, Routes: []Route{{Path: "/200", Weight: 6}, {Path: "/404"}, {Path: "/418", Weight: 2}, {Path: "/502", Weight: 2}}}
	s := run(t, cfg, 100)
	if s.Within != 0 || s.Lost() != 100 {
		t.Errorf("%d within 1 ns, %d lost; want 0 and all", s.Within, s.Lost())
	}
	var got []string
	for _, h := range s.Hists {
		if h.Metric == Latency {
			got = append(got, h.Status())
			if uint64(h.Count()) != s.Routes[h.Route].Arrivals {
				t.Errorf("route %s: %d latencies of %d requests", s.Routes[h.Route].Name, h.Count(), s.Routes[h.Route].Arrivals)
			}
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, []string{"200", "418", "502"}) {
		t.Errorf("histograms of %v", got)
	}
	if n := s.Latency.Count(); n != int64(s.Outcomes[OK]) || s.Outcomes[Status] != s.Routes[3].Arrivals {
		t.Errorf("latency over %d requests, outcomes %v: fast failures must not be in it", n, s.Outcomes)
	}
	if !slices.ContainsFunc(s.Warnings, func(w Warning) bool { return w.Code == "client-errors" }) {
		t.Errorf("418 gave no warning: %v", s.Warnings)
	}
}

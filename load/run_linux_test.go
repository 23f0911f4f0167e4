package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
)

// holding is a server that answers nothing until it is told to.
func holding(t *testing.T) (target string, held *atomic.Int32, release func()) {
	held = new(atomic.Int32)
	go_ := make(chan struct{})
	release = sync.OnceFunc(func() { close(go_) })
	target = server(t, func(p *peer) {
		for {
			if _, _, err := p.request(); err != nil {
				return
			}
			held.Add(1)
			<-go_
			p.say(ok)
		}
	})
	t.Cleanup(release)
	return target, held, release
}

func TestAContextThatEndsGivesWhatWasMeasured(t *testing.T) {
	target, held, _ := holding(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s, err := Run(ctx, Config{
		Target: target, Routes: []Route{{Path: "/"}}, Stages: []model.Stage{stage(time.Hour, 100)}, Within: time.Nanosecond,
		Stop: func(tick Tick) bool {
			if held.Load() >= 3 && tick.InFlight >= 3 {
				cancel()
			}
			return false
		}}, nil)
	if err != nil || s.End != Cancelled || s.Outcomes[Unfinished] < 3 || s.Late != s.Outcomes[Unfinished] || s.Outcomes[Unfinished] != s.Arrivals {
		t.Errorf("%v: end %q, %d late, outcomes %v", err, s.End, s.Late, s.Outcomes)
	}
	if s.Elapsed <= 0 || s.Elapsed != s.Offered || s.Elapsed > time.Minute {
		t.Errorf("elapsed %v, offered %v", s.Elapsed, s.Offered)
	}
}

func TestStopEndsTheRun(t *testing.T) {
	target := server(t, answer(ok))
	var last Tick
	s, err := Run(context.Background(), Config{
		Target: target, Routes: []Route{{Path: "/"}}, Stages: []model.Stage{stage(time.Hour, 500)},
		Stop: func(tick Tick) bool {
			if tick.At < last.At || tick.Arrivals < last.Arrivals {
				t.Errorf("ticks go back: %+v after %+v", tick, last)
			}
			last = tick
			return tick.Outcomes[OK] >= 600 // in the second second, so that one was handed out
		}}, nil)
	if err != nil || s.End != Stopped || s.Outcomes[OK] < 600 {
		t.Errorf("%v: end %q, outcomes %v", err, s.End, s.Outcomes)
	}
	var sum uint64
	for _, n := range s.Outcomes {
		sum += n
	}
	if sum != s.Arrivals {
		t.Errorf("%d arrivals, but %d outcomes: %v", s.Arrivals, sum, s.Outcomes)
	}
	if s.Arrivals < last.Arrivals {
		t.Errorf("%d arrivals, the last tick had %d", s.Arrivals, last.Arrivals)
	}
}

func TestDrainBoundsTheWaitForTheLastRequests(t *testing.T) {
	for _, c := range []struct {
		drain time.Duration
		want  Outcome
	}{
		{-1, Unfinished},
		{20 * time.Millisecond, Unfinished},
		{0, Timeout}, // as long as the timeout: each ends in its own way
	} {
		target, _, _ := holding(t)
		s := run(t, Config{Target: target, Drain: c.drain, Timeout: 150 * time.Millisecond, ConnectEvery: -1}, 10)
		if s.End != Completed {
			t.Errorf("drain %v: end %q", c.drain, s.End)
		}
		if c.drain == 0 {
			wantAll(t, s, c.want)
		} else if s.Outcomes[c.want] == 0 {
			t.Errorf("drain %v: outcomes %v, want some %v", c.drain, s.Outcomes, c.want)
		}
	}
}

func TestARequestCountsInTheSecondItWasDue(t *testing.T) {
	var late atomic.Bool
	target := server(t, func(p *peer) {
		for {
			if _, _, err := p.request(); err != nil {
				return
			}
			if p.n == 0 {
				for !late.Load() {
					time.Sleep(time.Millisecond)
				}
			} else {
				late.Store(true)
			}
			p.say(ok)
		}
	})
	var seconds []uint64
	var longest time.Duration
	_, err := Run(context.Background(), Config{
		Target: target, Routes: []Route{{Path: "/"}}, Arrivals: model.Arrivals{Kind: model.Constant},
		Stages: []model.Stage{{For: 1400 * time.Millisecond, Rate: 1 / 1.2}},
	}, func(s Second) {
		seconds = append(seconds, s.Outcomes[OK])
		for _, h := range s.Hists {
			if h.Metric == Latency && s.Index == 0 {
				longest = h.Max()
			}
		}
	})
	if err != nil || !slices.Equal(seconds, []uint64{1, 1}) || longest < 1200*time.Millisecond {
		t.Errorf("%v: answered by second %v, longest of the first %v; want one each, and 1.2 s", err, seconds, longest)
	}
}

func TestSamplesShowWhatIsInFlight(t *testing.T) {
	target, _, release := holding(t)
	s := run(t, Config{Target: target, ConnectEvery: -1, Stop: func(tick Tick) bool {
		if tick.At > 300*time.Millisecond {
			release()
		}
		return false
	}}, 5)
	full := 0
	for i, x := range s.InFlight {
		if i > 0 && x.At <= s.InFlight[i-1].At {
			t.Fatalf("sample %d is at %v, the one before at %v", i, x.At, s.InFlight[i-1].At)
		}
		if x.InFlight == 5 && x.Open == 5 && x.Waiting == 0 {
			full++
		}
	}
	if full == 0 {
		t.Errorf("no sample with 5 in flight: %+v", s.InFlight)
	}
	wantAll(t, s, OK)
}

func TestSeedsAndRoutesAreThoseOfTheSchedule(t *testing.T) {
	var mu sync.Mutex
	got := map[string]int{}
	target := server(t, func(p *peer) {
		for {
			req, body, err := p.request()
			if err != nil {
				return
			}
			mu.Lock()
			got[fmt.Sprint(req.Method, req.URL, req.Header.Get(SeedHeader), req.Header.Get("X-Test"), req.UserAgent(), len(body), req.Host != "")]++
			mu.Unlock()
			if req.Method == "HEAD" {
				p.say("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n")
			} else {
				p.say(ok)
			}
		}
	})
	routes := []Route{
		{Path: "/a?b=c", Weight: 1, Header: []Header{{"X-Test", "yes"}, {"User-Agent", "mine"}}},
		{Path: "/post", Method: "POST", Weight: 1, Body: []byte("hello")},
		{Path: "/head", Method: "HEAD", Weight: 1},
	}
	cfg := Config{Target: target, Routes: routes, Seed: 99, SeedHeader: true}
	wantAll(t, run(t, cfg, 100), OK)
	want := map[string]int{}
	for _, a := range drain(schedule(t, model.Arrivals{Kind: model.Constant}, 99, routes, stage(100*time.Millisecond, 1000))) {
		r := routes[a.Route]
		agent, test := "plimsoll", ""
		if a.Route == 0 {
			agent, test = "mine", "yes"
		}
		want[fmt.Sprint(max(r.Method, "GET"), r.Path, fmt.Sprintf("%016x", a.Seed), test, agent, len(r.Body), true)]++
	}
	mu.Lock()
	defer mu.Unlock()
	for k, n := range want {
		if got[k] != n {
			t.Errorf("%d requests of %s, want %d", got[k], k, n)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d different requests, want %d", len(got), len(want))
	}
}

func TestLargeBodiesPassInBothDirections(t *testing.T) {
	body := bytes.Repeat([]byte("0123456789abcdef"), 1<<16) // 1 MiB: more than any socket buffer takes at once
	target := server(t, func(p *peer) {
		for {
			_, got, err := p.request()
			if err != nil {
				return
			}
			if !bytes.Equal(got, body) {
				p.say("HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n")
				return
			}
			p.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
			for part := range slices.Chunk(got, 100_000) {
				fmt.Fprintf(p, "%x\r\n%s\r\n", len(part), part)
			}
			p.say("0\r\n\r\n")
		}
	})
	s := run(t, Config{Target: target, SeedHeader: true, Routes: []Route{{Path: "/", Method: "POST", Body: body}}}, 10)
	wantAll(t, s, OK)
	if s.BytesIn < 10<<20 {
		t.Errorf("%d bytes read, want more than 10 MiB", s.BytesIn)
	}
}

func TestAnAnswerBeforeTheBodyIsReadIsAnAnswer(t *testing.T) {
	target := server(t, func(p *peer) {
		for { // the head only
			line, err := p.r.ReadString('\n')
			if err != nil || line == "\r\n" {
				break
			}
		}
		p.say("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")
		p.CloseWrite()
		io.Copy(io.Discard, p.r)
	})
	s := run(t, Config{Target: target, ConnectEvery: -1, Routes: []Route{{Path: "/", Method: "POST", Body: make([]byte, 8<<20)}}}, 3)
	wantAll(t, s, OK) // a 413 is an answer
}

func TestAnAnswerInPiecesIsPutTogether(t *testing.T) {
	target := server(t, func(p *peer) {
		for {
			if _, _, err := p.request(); err != nil {
				return
			}
			for _, c := range "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n" {
				p.say(string(c))
			}
		}
	})
	s := run(t, Config{Target: target}, 30)
	wantAll(t, s, OK)
	if f, v := s.FirstByte.Max(), s.Service.Max(); s.FirstByte.Count() != 30 || f > v {
		t.Errorf("first byte after %v, the whole after %v", f, v)
	}
}

func TestPortsOfLocalhostAndIPv6(t *testing.T) {
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Host) })}
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		ln, err := net.Listen("tcp", address)
		if err != nil {
			t.Logf("%s: %v", address, err)
			continue
		}
		go srv.Serve(ln)
		host := ln.Addr().String()
		wantAll(t, run(t, Config{Target: "http://" + host}, 5), OK)
		if strings.HasPrefix(host, "127") {
			_, port, _ := net.SplitHostPort(host)
			s := run(t, Config{Target: "http://localhost:" + port + "/"}, 5)
			wantAll(t, s, OK)
			if s.Address != host {
				t.Errorf("localhost was resolved to %s, want %s", s.Address, host)
			}
		}
	}
	srv.Close()
}

func TestNoDescriptorIsLeft(t *testing.T) {
	count := func() int {
		d, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(d)
	}
	target, _, release := holding(t)
	quick := server(t, answer(ok))
	before := count()
	run(t, Config{Target: target, Timeout: 20 * time.Millisecond, Preopen: 5}, 20)
	run(t, Config{Target: quick, Closed: 3, Stages: []model.Stage{stage(20*time.Millisecond, 0)}}, 0)
	run(t, Config{Target: quick, Drain: -1}, 20)
	release()
	for deadline := time.Now().Add(10 * time.Second); count() > before; time.Sleep(time.Millisecond) { // the server closes its ends in its own time
		if time.Now().After(deadline) {
			t.Fatalf("%d descriptors open, %d before the runs", count(), before)
		}
	}
}

func TestBadConfigurationsAreRefused(t *testing.T) {
	good := Config{Target: "http://127.0.0.1:1", Routes: []Route{{Path: "/"}}, Stages: []model.Stage{stage(time.Second, 1)}}
	with := func(f func(*Config)) Config { c := good; c.Routes = slices.Clone(good.Routes); f(&c); return c }
	route := func(r Route) Config { return with(func(c *Config) { c.Routes[0] = r }) }
	for _, c := range []struct {
		cfg  Config
		want string
	}{
		{with(func(c *Config) { c.Target = "https://a/" }), "https is not supported yet; write http://HOST:PORT/PATH"},
		{with(func(c *Config) { c.Target = "http://127.0.0.1:1/x" }), "has a path"},
		{with(func(c *Config) { c.Target = "http://[fe80::1%25eth0]:1" }), "zone"},
		{with(func(c *Config) { c.Target = "http://127.0.0.1:99999" }), "not a number from 1 to 65535"},
		{with(func(c *Config) { c.Routes = nil }), "no routes"},
		{with(func(c *Config) { c.Stages = nil }), "no stages"},
		{with(func(c *Config) { c.InFlight = -1 }), "InFlight is -1"},
		{with(func(c *Config) { c.Timeout = -1 }), "give times above zero"},
		{route(Route{Path: "x"}), `path "x" does not begin with '/'; write /x`},
		{route(Route{Path: "/a b"}), "write it as %20"},
		{route(Route{Path: "/", Method: "G T"}), "not a token"},
		{route(Route{Path: "/", Method: "CONNECT"}), "tunnel"},
		{route(Route{Path: "/", Header: []Header{{"content-length", "1"}}}), "cannot be set: it follows from the body"},
		{route(Route{Path: "/", Header: []Header{{"a b", "1"}}}), "not a token"},
		{route(Route{Path: "/", Header: []Header{{"a", "1\r\nb: c"}}}), "control character"},
	} {
		if _, err := Run(context.Background(), c.cfg, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.cfg, err, c.want)
		}
	}
}

func TestPreopeningNothingIsAnError(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	cfg := Config{Target: "http://" + ln.Addr().String(), Preopen: 100_000, Routes: []Route{{Path: "/"}}, Stages: []model.Stage{stage(time.Second, 1)}}
	if _, err := Run(context.Background(), cfg, nil); err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("refused: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	cfg.Target = server(t, answer(ok))
	if _, err := Run(ctx, cfg, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

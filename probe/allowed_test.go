package probe

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
	"github.com/plimsoll-dev/plimsoll/record"
)

func TestOnlyThisMachineIsAllowedWithoutAuthorisation(t *testing.T) {
	for _, c := range []struct {
		address string
		allowed bool
	}{
		{"127.0.0.1:80", true},
		{"127.200.3.4:80", true},
		{"[::1]:80", true},
		{"[::ffff:127.0.0.1]:80", true}, // IPv4 in IPv6
		{"10.0.0.1:80", false},
		{"192.168.1.1:80", false},
		{"172.16.0.1:80", false},
		{"169.254.1.1:80", false},
		{"[fe80::1]:80", false},
		{"[fd00::1]:80", false},
		{"[::ffff:10.0.0.1]:80", false},
		{"[64:ff9b::7f00:1]:80", false}, // a translator's, which is elsewhere
		{"[::127.0.0.1]:80", false},     // of a form that is no longer in use
		{"[fe80::1%lo]:80", false},
		{"100.64.0.1:80", false},
		{"0.0.0.0:80", false},
		{"[::]:80", false},
		{"[::ffff:0.0.0.0]:80", false},
		{"192.0.2.1:80", false},
		{"[2001:db8::1]:443", false},
	} {
		addr := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(c.address))
		if err := Allowed(addr, false); (err == nil) != c.allowed || err != nil && !errors.Is(err, ErrNotAuthorised) {
			t.Errorf("%s: %v", c.address, err)
		}
		if err := Allowed(addr, true); err != nil {
			t.Errorf("%s, authorised: %v", c.address, err)
		}
	}
}

// Where servers listen is not where they are asked.
func TestAnAddressOfAllIsNotOneToAsk(t *testing.T) {
	for _, address := range []string{"0.0.0.0:80", "[::]:80"} {
		err := Allowed(net.TCPAddrFromAddrPort(netip.MustParseAddrPort(address)), false)
		if err == nil || !strings.Contains(err.Error(), "write the one to ask, as 127.0.0.1 or [::1]") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// A name is looked up once, and then its address is probed: neither a name that
// leads elsewhere a moment later nor one with several servers mixes two services.
func TestOneServiceIsProbedWhereANameStandsForSeveral(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := responder.New(1, responder.Page("/metrics", 200, plainText, func() string { return "process_open_fds 3\n" }), responder.Pool(2), responder.Wait(50*ms, 0, ms))
		var mu sync.Mutex
		dialled := map[string]int{}
		var file bytes.Buffer
		err := Run(t.Context(), Config{
			Heavy: Request{URL: "http://name/heavy"}, Canary: &Request{URL: "http://name:80/canary"}, Metrics: &Request{URL: "http://name/metrics"}, MaxConcurrency: 4,
			Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
				mu.Lock()
				dialled[address]++
				mu.Unlock()
				return s.Dial(ctx, network, address)
			},
		}, record.NewWriter(&file), record.Meta{})
		if err != nil || dialled["name:80"] != 1 || len(dialled) != 2 || dialled["127.0.0.1:80"] == 0 {
			t.Errorf("error %v, dialled %v", err, dialled)
		}
		if bytes.Contains(file.Bytes(), []byte("canary-elsewhere")) {
			t.Error("the canary is where the heavy route is")
		}
	})
}

// A canary of another port may have threads of its own.
func TestACanaryOfAnotherPortIsDoubted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := responder.New(1, responder.Private(responder.Pool(2)), responder.Wait(50*ms, 0, ms))
		h, _ := seenBy(t, Config{
			Heavy: Request{URL: "http://name:8080/heavy"}, Canary: &Request{URL: "http://name:8081/canary"}, MaxConcurrency: 8,
			Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
				c, err := s.Dial(ctx, network, address)
				_, port, _ := net.SplitHostPort(address)
				return &elsewhere{Conn: c, at: netip.MustParseAddrPort("127.0.0.1:" + port)}, err
			},
		})
		const want = "the canary is asked for at 127.0.0.1:8081, and --heavy at 127.0.0.1:8080: "
		if v := Judge(h); len(v.Warnings) != 1 || !strings.Contains(v.Warnings[0].Text, want) {
			t.Errorf("warnings %q", v.Warnings)
		}
	})
}

// elsewhere is a connection to somewhere else.
type elsewhere struct {
	at netip.AddrPort
	net.Conn
	written bool
}

func (e *elsewhere) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(e.at) }

var anotherMachine = netip.MustParseAddrPort("10.1.2.3:80")

func (e *elsewhere) Write(p []byte) (int, error) {
	e.written = true
	return e.Conn.Write(p)
}

// A name that resolves to another machine is found out by the address that was
// connected to, and nothing is sent to it.
func TestNothingIsSentToAnotherMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := responder.New(1, responder.Wait(ms, 0, ms))
		var last *elsewhere
		dial := func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := s.Dial(ctx, network, address)
			last = &elsewhere{Conn: c, at: anotherMachine}
			return last, err
		}
		var file bytes.Buffer
		err := Run(t.Context(), Config{Heavy: Request{URL: "http://localhost/heavy"}, Dial: dial}, record.NewWriter(&file), record.Meta{})
		if !errors.Is(err, ErrNotAuthorised) || !strings.Contains(err.Error(), "--i-am-authorised") {
			t.Errorf("error %v", err)
		}
		if last.written || s.Requests() > 0 {
			t.Error("a request was sent")
		}
	})
}

// Metrics are asked for under the same rule: of this machine, unless somebody
// said that he may.
func TestMetricsOfAnotherMachineNeedAuthorisation(t *testing.T) {
	for _, authorised := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := responder.New(1, responder.Page("/metrics", 200, "text/plain", func() string { return "process_open_fds 3\n" }), responder.Wait(20*ms, 0, ms))
			var other *elsewhere
			dial := func(ctx context.Context, network, address string) (net.Conn, error) {
				c, err := s.Dial(ctx, network, address)
				if address == "other:80" || address == anotherMachine.String() {
					other = &elsewhere{Conn: c, at: anotherMachine}
					return other, err
				}
				return c, err
			}
			var file bytes.Buffer
			err := Run(t.Context(), Config{
				Heavy: Request{URL: "http://here/heavy"}, Metrics: &Request{URL: "http://other/metrics"}, MaxConcurrency: 4, Authorised: authorised, Dial: dial,
			}, record.NewWriter(&file), record.Meta{})
			if authorised {
				if err != nil || !other.written {
					t.Errorf("authorised: error %v, asked: %t", err, other.written)
				}
			} else if !errors.Is(err, ErrNotAuthorised) || !strings.Contains(err.Error(), "--metrics: ") || other.written {
				t.Errorf("error %v, asked: %t", err, other.written)
			}
		})
	}
}

func TestWhatCannotBeProbedIsSaid(t *testing.T) {
	answer := func(status int) responder.Wall {
		return func(c *responder.Call, next func()) { c.Status = status }
	}
	for _, c := range []struct {
		name string
		wall responder.Wall
		cfg  Config
		want string
	}{
		{"redirect", answer(302), Config{Heavy: Request{URL: "http://s/"}}, "not the work that is to be probed"},
		{"login", answer(401), Config{Heavy: Request{URL: "http://s/"}}, "--header-file"},
		{"no such page", answer(404), Config{Heavy: Request{URL: "http://s/"}}, "that the service has"},
		{"broken", answer(500), Config{Heavy: Request{URL: "http://s/"}}, "has to answer one request"},
		{"closes", func(c *responder.Call, next func()) { c.Drop = true }, Config{Heavy: Request{URL: "http://s/"}}, "does it expect TLS"},
		{"unsafe method", answer(200), Config{Heavy: Request{Method: http.MethodPost, URL: "http://s/"}}, "--allow-unsafe"},
		{"password in the URL", answer(200), Config{Heavy: Request{URL: "http://me:secret@s/"}}, "--header-file"},
		{"another scheme", answer(200), Config{Heavy: Request{URL: "ftp://s/"}}, "write http://HOST:PORT/PATH"},
		{"a canary with {ms}", answer(200), Config{Heavy: Request{URL: "http://s/"}, Canary: &Request{URL: "http://s/{ms}"}}, "only --heavy may"},
		{"times for nothing", answer(200), Config{Heavy: Request{URL: "http://s/"}, Shortest: 50, Longest: 400}, "which has none; write it where"},
		{"times that are too close", answer(200), Config{Heavy: Request{URL: "http://s/{ms}"}, Shortest: 200, Longest: 300}, "--ms=200..300: write two times"},
		{"times that are too long", answer(200), Config{Heavy: Request{URL: "http://s/{ms}"}, Shortest: 200, Longest: 20_000}, "from 1 to 10000"},
		{"metrics with {ms}", answer(200), Config{Heavy: Request{URL: "http://s/"}, Metrics: &Request{URL: "http://s/{ms}"}}, "as http://HOST:PORT/metrics"},
		{"metrics with a password", answer(200), Config{Heavy: Request{URL: "http://s/"}, Metrics: &Request{URL: "http://me:secret@s/"}}, "--metrics has a password in its URL"},
		{"a slower canary", responder.Wait(10*ms, 0, 50*ms), Config{Heavy: Request{URL: "http://s/heavy"}, Canary: &Request{URL: "http://s/canary"}}, "which is no less than the 10ms of --heavy"},
		{"a cached answer", responder.Cached(400*ms, ms, 2*ms), Config{Heavy: Request{URL: "http://s/heavy"}, Canary: &Request{URL: "http://s/canary"}}, "they are answered from a cache"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := responder.New(1, c.wall)
				c.cfg.Dial = s.Dial
				var file bytes.Buffer
				err := Run(t.Context(), c.cfg, record.NewWriter(&file), record.Meta{})
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("error %v, want …%s…", err, c.want)
				}
				if err != nil && strings.Contains(err.Error(), "secret") {
					t.Error("the error has the password")
				}
			})
		})
	}
}

// A header's value and a body reach the service, and nothing else.
func TestSecretsStayOutOfTheRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got atomic.Bool
		s := responder.New(1, func(c *responder.Call, next func()) {
			if c.Request.Header.Get("Authorization") == "Bearer hunter2" {
				got.Store(true)
			}
			next()
		}, responder.Wait(20*ms, 0, ms))
		var file bytes.Buffer
		header := http.Header{"Authorization": {"Bearer hunter2"}}
		err := Run(t.Context(), Config{
			Heavy:  Request{Method: "POST", URL: "http://s/heavy", Header: header, Body: []byte("pin=hunter2")},
			Canary: &Request{URL: "http://s/canary", Header: header}, AllowUnsafe: true, MaxConcurrency: 8, Dial: s.Dial,
		}, record.NewWriter(&file), record.Meta{})
		if err != nil || !got.Load() {
			t.Fatalf("error %v, header arrived: %t", err, got.Load())
		}
		if bytes.Contains(file.Bytes(), []byte("hunter2")) {
			t.Error("the record has the secret")
		}
	})
}

package upstream

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv(crowdEnv) != "" {
		os.Exit(crowdMain())
	}
	goleak.VerifyTestMain(m)
}

// hour is a hold that no test waits for.
const hour = "3600000000"

type running struct {
	*Server
	address string
	stop    func() // waits for Serve to return
}

// serve runs a server until the test ends, or until stop.
func serve(t testing.TB, opts Options) *running {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := New(opts)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, ln) }()
	stopped := false
	stop := func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	return &running{s, ln.Addr().String(), stop}
}

// await polls the server's snapshot until it is as expected.
func (r *running) await(t testing.TB, what string, ok func(Stats) bool) {
	t.Helper()
	await(t, func() (string, bool) {
		s := r.Stats()
		return fmt.Sprintf("%s: %+v", what, s), ok(s)
	})
}

func await(t testing.TB, check func() (string, bool)) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; {
		what, ok := check()
		if ok {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("never came true: " + what)
		}
		time.Sleep(200 * time.Microsecond)
	}
}

// client is one connection, whose answers are read by net/http.
type client struct {
	t testing.TB
	net.Conn
	r *bufio.Reader
}

func (r *running) dial(t testing.TB) *client {
	t.Helper()
	c, err := net.Dial("tcp", r.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return &client{t, c, bufio.NewReader(c)}
}

func (c *client) send(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		c.t.Fatal(err)
	}
}

// get is the text of a request.
func get(target string) string {
	return "GET " + target + " HTTP/1.1\r\nHost: u\r\n\r\n"
}

func (c *client) answer(wantStatus int) (body string) {
	c.t.Helper()
	resp, err := http.ReadResponse(c.r, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if resp.StatusCode != wantStatus {
		c.t.Fatalf("status %d, want %d: %s", resp.StatusCode, wantStatus, b)
	}
	return string(b)
}

// ended fails unless the server closes the connection without another byte.
func (c *client) ended() {
	c.t.Helper()
	if b, err := io.ReadAll(c.r); err != nil || len(b) > 0 {
		c.t.Errorf("%q, %v; want the end of the connection", b, err)
	}
}

func TestNoAnswerIsEarly(t *testing.T) {
	s := serve(t, Options{})
	c := s.dial(t)
	for _, hold := range []time.Duration{0, 1 * time.Microsecond, 700 * time.Microsecond, 15 * time.Millisecond} {
		start := time.Now()
		c.send(get(fmt.Sprintf("/db?us=%d", hold.Microseconds())))
		if body := c.answer(200); body != "ok\n" {
			t.Errorf("body %q", body)
		}
		if took := time.Since(start); took < hold {
			t.Errorf("held for %v, want at least %v", took, hold)
		}
	}
	st := s.Stats()
	if st.LatenessMaxUs < 1 || st.LatenessP50us < 1 || st.LatenessP99us < st.LatenessP50us {
		t.Errorf("lateness p50 %d, p99 %d, max %d µs", st.LatenessP50us, st.LatenessP99us, st.LatenessMaxUs)
	}
}

func TestAShortRequestOvertakesALongOne(t *testing.T) {
	s := serve(t, Options{})
	long, short := s.dial(t), s.dial(t)
	long.send(get("/llm?us=" + hour))
	s.await(t, "the long one is held", func(st Stats) bool { return st.InFlight == 1 })
	short.send(get("/db?us=500"))
	short.answer(200)
	s.await(t, "only the long one is held", func(st Stats) bool {
		return st.InFlight == 1 && st.ByName["llm"].InFlight == 1 && st.ByName["db"].InFlight == 0
	})
}

func TestNetHTTPIsServed(t *testing.T) {
	s := serve(t, Options{})
	for _, oneEach := range []bool{false, true} {
		tr := &http.Transport{DisableKeepAlives: oneEach}
		hc := &http.Client{Transport: tr}
		for range 5 {
			resp, err := hc.Get("http://" + s.address + "/payment?us=200")
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || resp.StatusCode != 200 || string(b) != "ok\n" || resp.ContentLength != 3 {
				t.Errorf("%v, %q, %v", resp, b, err)
			}
		}
		tr.CloseIdleConnections()
	}
	s.await(t, "all connections closed", func(st Stats) bool { return st.Connections == 0 && st.Requests == 10 })
}

func TestConnectionsPersistAsTheClientSays(t *testing.T) {
	for _, c := range []struct {
		name, request string
		connection    string // in the answer
		again         bool
	}{
		{"1.1 keeps", "GET /a?us=0 HTTP/1.1\r\nHost: u\r\n\r\n", "", true},
		{"1.1 closes", "GET /a?us=0 HTTP/1.1\r\nHost: u\r\nConnection: close\r\n\r\n", "Connection: close\r\n", false},
		{"1.0 closes", "GET /a?us=0 HTTP/1.0\r\n\r\n", "Connection: close\r\n", false},
		{"1.0 keeps", "GET /a?us=0 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "Connection: keep-alive\r\n", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serve(t, Options{})
			conn := s.dial(t)
			conn.send(c.request)
			want := "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 3\r\n" + c.connection + "\r\nok\n"
			got := make([]byte, len(want))
			if _, err := io.ReadFull(conn.r, got); err != nil || string(got) != want {
				t.Fatalf("%v, %q", err, got)
			}
			if !c.again {
				conn.ended()
				conn.Close()
				s.await(t, "connection forgotten", func(st Stats) bool { return st.Connections == 0 })
				return
			}
			conn.send(c.request)
			conn.answer(200)
		})
	}
}

func TestAHeadSentInPartsIsOneRequest(t *testing.T) {
	s := serve(t, Options{})
	slow, other := s.dial(t), s.dial(t)
	text := get("/db?us=100")
	slow.send(text[:20])
	for _, b := range text[20:] {
		// An answer on another connection shows that the server has gone round.
		other.send(get("/db?us=0"))
		other.answer(200)
		slow.send(string(b))
	}
	slow.answer(200)
	if st := s.Stats(); st.Requests != uint64(len(text)-20+1) || st.BadRequests != 0 {
		t.Errorf("%+v", st)
	}
	// One that never ends is in no gauge.
	slow.send(text[:20])
	slow.Close()
	s.await(t, "half-sent request forgotten", func(st Stats) bool { return st.Connections == 1 && st.InFlight == 0 && st.Abandoned == 0 })
}

func TestPipelinedRequestsAreAnsweredInOrder(t *testing.T) {
	s := serve(t, Options{})
	c := s.dial(t)
	c.send(get("/a?us=3000") + get("/nonsense") + get("/b?us=0") + get("/c?us=") + get("/d?us=1000"))
	for _, want := range []int{200, 400, 200, 400, 200} {
		c.answer(want)
	}
	st := s.Stats()
	if st.MaxInFlight != 1 || st.Requests != 3 || st.BadRequests != 2 {
		t.Errorf("%+v", st)
	}
}

// So many requests are sent before the first answer is read that they fill the
// server's buffer many times over, and their answers every socket's.
func TestAPipelineOfAnyLengthIsAnswered(t *testing.T) {
	s := serve(t, Options{})
	c := s.dial(t)
	const n = 60_000
	sent := make(chan error, 1)
	go func() {
		_, err := io.WriteString(c, strings.Repeat(get("/a?us=0"), n))
		sent <- err
	}()
	last, same := uint64(0), 0
	await(t, func() (string, bool) { // nothing moves any more
		now := s.Stats().Requests
		if now != last || now == 0 {
			last, same = now, 0
			return "", false
		}
		same++
		return "", same > 50
	})
	if last == n {
		t.Errorf("all %d answers fitted into the sockets: nothing was blocked", n)
	}
	for range n {
		c.answer(200)
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
	if st := s.Stats(); st.Requests != n || st.MaxInFlight != 1 {
		t.Errorf("%+v", st)
	}
}

func TestBadRequestsAreToldWhatToWrite(t *testing.T) {
	for _, c := range []struct {
		name, request string
		want          string
		again         bool // the connection goes on
	}{
		{"no time", get("/payment"), "write GET /<name>?us=<microseconds>", true},
		{"empty time", get("/payment?us="), "whole number of microseconds", true},
		{"unit", get("/payment?us=5ms"), `us="5ms"`, true},
		{"negative", get("/payment?us=-1"), "from 0 to 3600000000", true},
		{"over an hour", get("/payment?us=3600000001"), "from 0 to 3600000000", true},
		{"overflow", get("/payment?us=99999999999999999999999"), "from 0 to 3600000000", true},
		{"other parameter", get("/payment?ms=5"), `query "ms=5"`, true},
		{"no name", get("/?us=5"), "does not name an upstream", true},
		{"path of two", get("/a/b?us=5"), `path "/a/b"`, true},
		{"endless name", get("/" + strings.Repeat("n", 65) + "?us=5"), "1 to 64 letters", true},
		{"method", "PUT /a?us=5 HTTP/1.1\r\nHost: u\r\n\r\n", "method PUT", true},
		{"body", "GET /a?us=5 HTTP/1.1\r\nHost: u\r\nContent-Length: 3\r\n\r\nabc", "no body", false},
		{"chunked body", "GET /a?us=5 HTTP/1.1\r\nHost: u\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "no body", false},
		{"no host", "GET /a?us=5 HTTP/1.1\r\n\r\n", "Host", false},
		{"not HTTP", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n", "wire: 400", false},
		{"bad with more behind", "bad line\r\n\r\n" + strings.Repeat("x", 2_000_000), "wire: 400", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serve(t, Options{})
			conn := s.dial(t)
			conn.send(c.request)
			if body := conn.answer(400); !strings.Contains(body, c.want) || !strings.HasPrefix(body, "upstream: ") {
				t.Errorf("answer %q does not say %q", body, c.want)
			}
			if c.again {
				conn.send(get("/a?us=0"))
				conn.answer(200)
			} else {
				conn.ended()
			}
			st := s.Stats()
			if st.BadRequests != 1 || st.MaxInFlight > 1 || st.Requests != map[bool]uint64{true: 1}[c.again] {
				t.Errorf("%+v", st)
			}
		})
	}
}

func TestHEADIsRefusedWithoutABody(t *testing.T) {
	s := serve(t, Options{})
	c := s.dial(t)
	c.send("HEAD /a?us=0 HTTP/1.1\r\nHost: u\r\n\r\n" + get("/a?us=0"))
	resp, err := http.ReadResponse(c.r, &http.Request{Method: "HEAD"})
	if err != nil || resp.StatusCode != 400 {
		t.Fatalf("%v, %v", resp, err)
	}
	c.answer(200)
}

func TestAHeadThatIsTooLongIsRefusedAndNotKept(t *testing.T) {
	s := serve(t, Options{})
	c := s.dial(t)
	c.send("GET /a?us=0 HTTP/1.1\r\nHost: u\r\nX: " + strings.Repeat("x", 20_000))
	c.answer(431)
	c.ended()
}

func TestNamesCannotBeMadeUpForEver(t *testing.T) {
	s := serve(t, Options{})
	c := s.dial(t)
	for i := range maxNames {
		c.send(get(fmt.Sprintf("/n%d?us=0", i)))
		c.answer(200)
	}
	c.send(get("/one-more?us=0"))
	if body := c.answer(400); !strings.Contains(body, "too many names") {
		t.Errorf("%q", body)
	}
	c.send(get("/n7?us=0"))
	c.answer(200)
	if n := len(s.Stats().ByName); n != maxNames {
		t.Errorf("%d names", n)
	}
}

// A client that never closes after a refusal is not waited for without end.
func TestLeavingHasAnEnd(t *testing.T) {
	s := serve(t, Options{})
	c := s.dial(t)
	c.send("rubbish\r\n\r\n")
	c.answer(400)
	c.ended() // the server's half; this client keeps its own open
	s.await(t, "connection forgotten", func(st Stats) bool { return st.Connections == 0 })
}

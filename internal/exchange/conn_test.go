package exchange

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/wire"
)

// pair returns a Conn under test and the client's end of its connection.
func pair(t *testing.T, cfg *Config) (*Conn, *net.TCPConn) {
	t.Helper()
	ln := listen(t)
	defer ln.Close()
	client := dial(t, ln.Addr().String())
	nc, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	if cfg == nil {
		cfg = &Config{Logf: t.Logf}
	}
	return New(tcp{nc.(*net.TCPConn)}, cfg), client
}

func serve(t *testing.T, c *Conn, h http.HandlerFunc) Outcome {
	t.Helper()
	if err := c.ReadHead(); err != nil {
		t.Fatal(err)
	}
	return c.Serve(context.Background(), h, false)
}

func receiveOne(t *testing.T, br *bufio.Reader, method string) (*http.Response, string) {
	t.Helper()
	resp, err := http.ReadResponse(br, &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func TestPipelinedRequestsAreAnsweredInOrder(t *testing.T) {
	addr := startExchange(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		fmt.Fprint(w, r.URL.Path, string(body), err)
	}), nil)
	c := dial(t, addr)
	const n = 500 // several buffers full, so that heads and bodies straddle their ends
	go func() {
		for i := range n {
			switch i % 3 {
			case 0:
				fmt.Fprintf(c, "GET /%d HTTP/1.1\r\nHost: x\r\n\r\n", i)
			case 1:
				fmt.Fprintf(c, "POST /%d HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", i)
			case 2:
				fmt.Fprintf(c, "POST /%d HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", i)
			}
		}
	}()
	br := bufio.NewReader(c)
	for i := range n {
		want := fmt.Sprintf("/%dhello<nil>", i)
		if i%3 == 0 {
			want = fmt.Sprintf("/%d<nil>", i)
		}
		if _, got := receiveOne(t, br, "GET"); got != want {
			t.Fatalf("response %d is %q, want %q", i, got, want)
		}
	}
}

func TestBufferedTellsOfAPipelinedRequest(t *testing.T) {
	c, client := pair(t, nil)
	io.WriteString(client, get()+get())
	// Both may come in one read or in two: wait for the second one to be here.
	for i := 0; ; i++ {
		serve(t, c, text("x"))
		if i == 1 {
			break
		}
		first := c.Buffered()
		c.Idle()
		if c.Buffered() != first {
			t.Error("Idle dropped a pipelined request")
		}
	}
	if c.Buffered() {
		t.Error("something is buffered behind the last request")
	}
	if c.b == nil {
		t.Fatal("no buffers before Idle")
	}
	if c.Idle(); c.b != nil {
		t.Error("an idle connection holds its buffers")
	}
}

func TestAResponseLeavesInOneWrite(t *testing.T) {
	for _, n := range []int{0, 13, stageSize} {
		s := &counter{script: script{request: []byte(get()), left: 1}}
		c := New(s, nil)
		if err := c.ReadHead(); err != nil {
			t.Fatal(err)
		}
		c.Serve(context.Background(), text(strings.Repeat("x", n)), false)
		if s.writes != 1 {
			t.Errorf("%d bytes of body left in %d writes", n, s.writes)
		}
	}
}

type counter struct {
	script
	writes int
}

func (c *counter) Write(p []byte) (int, error) { c.writes++; return c.script.Write(p) }

func TestAHeadMayComeByteByByte(t *testing.T) {
	c, client := pair(t, &Config{HeaderTimeout: time.Minute, BodyTimeout: time.Minute, WriteTimeout: time.Minute, IdleTimeout: time.Minute})
	request := post("hello", "X: "+strings.Repeat("long ", 2000)) // outgrows the first buffer
	go func() {
		client.SetNoDelay(true)
		for i := range len(request) {
			io.WriteString(client, request[i:i+1])
		}
	}()
	var got string
	if o := serve(t, c, func(w http.ResponseWriter, r *http.Request) { b, _ := io.ReadAll(r.Body); got = string(b) }); o != KeepAlive {
		t.Error(o)
	}
	if got != "hello" {
		t.Errorf("body %q", got)
	}
}

func TestASlowHeadIsAnswered408(t *testing.T) {
	c, client := pair(t, &Config{HeaderTimeout: time.Millisecond})
	io.WriteString(client, "GET / HTTP/1.1\r\nHos")
	err := c.ReadHead()
	for i := 0; err != nil && c.b.w == 0 && i < 1000; i++ { // the timeout came before the bytes
		err = c.ReadHead()
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
	client.CloseWrite()
	c.Close()
	resp, _ := receiveOne(t, bufio.NewReader(client), "GET")
	if resp.StatusCode != 408 || !resp.Close {
		t.Errorf("%s, close %v", resp.Status, resp.Close)
	}
}

func TestASilentConnectionIsClosedWithoutAnAnswer(t *testing.T) {
	for name, cfg := range map[string]*Config{"new": {HeaderTimeout: time.Millisecond}, "idle": {IdleTimeout: time.Millisecond, HeaderTimeout: time.Minute}} {
		c, client := pair(t, cfg)
		c.fresh = name == "new"
		if err := c.ReadHead(); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
		c.Close()
		if b, err := io.ReadAll(client); len(b) > 0 || err != nil {
			t.Errorf("%s: client got %q, %v", name, b, err)
		}
	}
}

func TestAStalledBodyIsAnswered408(t *testing.T) {
	c, client := pair(t, &Config{BodyTimeout: time.Millisecond})
	io.WriteString(client, post("hello")[:len(post("hello"))-1])
	var err error
	if o := serve(t, c, func(w http.ResponseWriter, r *http.Request) { _, err = io.ReadAll(r.Body) }); o != Close {
		t.Error(o)
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
	client.CloseWrite()
	c.Close()
	if resp, _ := receiveOne(t, bufio.NewReader(client), "POST"); resp.StatusCode != 408 {
		t.Error(resp.Status)
	}
}

func TestDrainingDoesNotWaitForAStalledClient(t *testing.T) {
	c, client := pair(t, &Config{BodyTimeout: time.Millisecond})
	io.WriteString(client, post("hello")[:len(post("hello"))-1])
	if o := serve(t, c, text("hi")); o != Close {
		t.Error(o)
	}
	client.CloseWrite()
	c.Close()
	if resp, body := receiveOne(t, bufio.NewReader(client), "POST"); resp.StatusCode != 200 || body != "hi" || !resp.Close {
		t.Error(resp.Status, body, resp.Close)
	}
}

func TestDeadlinesOfAHandlerEndWithItsExchange(t *testing.T) {
	c, client := pair(t, nil)
	io.WriteString(client, post("hello")[:len(post("hello"))-1])
	serve(t, c, func(w http.ResponseWriter, r *http.Request) {
		rc := http.NewResponseController(w)
		if err := rc.SetReadDeadline(time.Unix(1, 0)); err != nil {
			t.Error(err)
		}
		if _, err := io.ReadAll(r.Body); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read after the deadline: %v", err)
		}
		rc.SetReadDeadline(time.Now().Add(time.Minute))
		io.WriteString(client, "o")
		if b, err := io.ReadAll(r.Body); err != nil || !strings.HasSuffix("hello", string(b)) {
			t.Errorf("read after a later deadline: %q, %v", b, err)
		}
		rc.SetReadDeadline(time.Unix(1, 0))
		rc.SetWriteDeadline(time.Now().Add(time.Minute))
		io.WriteString(w, "answer")
	})
	io.WriteString(client, get())
	if o := serve(t, c, text("second")); o != KeepAlive {
		t.Errorf("the next exchange was %v", o)
	}
}

func TestLimitsAreAnswered(t *testing.T) {
	for _, row := range []struct {
		name, request string
		limits        wire.Limits
		status        int
	}{
		{"head", get("X: " + strings.Repeat("x", 40<<10)), wire.Limits{}, 431},
		{"target", message("GET /"+strings.Repeat("x", 40<<10)+" HTTP/1.1", nil, ""), wire.Limits{}, 414},
		{"fields", get(strings.Split(strings.Repeat("X: y\n", 200), "\n")[:200]...), wire.Limits{}, 431},
		{"length", post(strings.Repeat("x", 20_000)), wire.Limits{Body: 10_000}, 413},
		{"chunks", chunked(chunks(strings.Repeat("x", 2_000_000), 1000)), wire.Limits{Body: 10_000}, 413},
		{"method", strings.Repeat("M", 40<<10), wire.Limits{}, 501},
		{"version", "GET / HTTP/3.0\r\n\r\n", wire.Limits{}, 505},
		{"coding", chunked("", "Transfer-Encoding: gzip, chunked"), wire.Limits{}, 400},
	} {
		t.Run(row.name, func(t *testing.T) {
			addr := startExchange(t, http.HandlerFunc(quiet), &Config{Limits: row.limits, Logf: t.Logf})
			c := dial(t, addr)
			go func() {
				io.WriteString(c, row.request) // as much of it as is taken
				io.WriteString(c, strings.Repeat("x", 100_000))
				c.CloseWrite()
			}()
			resp, _ := receiveOne(t, bufio.NewReader(c), "GET")
			if resp.StatusCode != row.status || !resp.Close {
				t.Errorf("%s, close %v; want %d and true", resp.Status, resp.Close, row.status)
			}
		})
	}
}

func TestRefuseAnswersWithoutAHandler(t *testing.T) {
	for _, method := range []string{"GET", "HEAD", "POST"} {
		c, client := pair(t, nil)
		io.WriteString(client, message(method+" / HTTP/1.1", []string{"Content-Length: 5"}, "hello"))
		if err := c.ReadHead(); err != nil {
			t.Fatal(err)
		}
		c.Refuse(503, 1500*time.Millisecond)
		client.CloseWrite()
		c.Close()
		resp, body := receiveOne(t, bufio.NewReader(client), method)
		if resp.StatusCode != 503 || resp.Header.Get("Retry-After") != "2" || !resp.Close || (body == "") != (method == "HEAD") {
			t.Errorf("%s: %s %v %q", method, resp.Status, resp.Header, body)
		}
	}
}

func TestLastSaysSo(t *testing.T) {
	c, client := pair(t, nil)
	io.WriteString(client, get())
	if err := c.ReadHead(); err != nil {
		t.Fatal(err)
	}
	if o := c.Serve(context.Background(), text("x"), true); o != Close {
		t.Error(o)
	}
	c.Close()
	if resp, _ := receiveOne(t, bufio.NewReader(client), "GET"); !resp.Close {
		t.Error("no Connection: close")
	}
}

func TestAConnIsReusedForAnotherConnection(t *testing.T) {
	c, client := pair(t, nil)
	io.WriteString(client, get("Secret: first", "Cookie: a")+"GET /rest")
	serve(t, c, tell)
	c.Close()
	c2, client2 := pair(t, nil)
	c.Reset(c2.t)
	io.WriteString(client2, get("Other: second"))
	var seen http.Header
	var peer string
	serve(t, c, func(w http.ResponseWriter, r *http.Request) { seen, peer = r.Header, r.RemoteAddr })
	if len(seen) != 1 || seen.Get("Other") != "second" {
		t.Errorf("header %v", seen)
	}
	if peer != client2.LocalAddr().String() {
		t.Errorf("peer %s", peer)
	}
}

func TestAClientThatTakesNothingMissesTheWriteTimeout(t *testing.T) {
	c, client := pair(t, &Config{WriteTimeout: 20 * time.Millisecond})
	io.WriteString(client, get())
	var err error
	o := serve(t, c, func(w http.ResponseWriter, r *http.Request) {
		for err == nil {
			_, err = w.Write(make([]byte, 64<<10))
		}
	})
	if o != Close || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(o, err)
	}
	c.Close()
}

func TestTheDateIsThatOfTheSecond(t *testing.T) {
	for _, at := range []time.Time{time.Unix(1e9, 0), time.Unix(1e9, 999_999_999), time.Unix(1e9+1, 0), time.Unix(1e9, 5)} {
		want := "Date: " + at.UTC().Format(http.TimeFormat) + "\r\n"
		d := newDate(7*time.Second, at)
		if got := string(d.text); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if over := at.Add(d.until - 7*time.Second); over != time.Unix(at.Unix()+1, 0) {
			t.Errorf("%v: it is used until %v", at, over)
		}
	}
}

// A deadline left over from the head would fall on the handler's reads, or on
// whatever the engine waits for meanwhile.
func TestNoDeadlineOfTheHeadOutlivesIt(t *testing.T) {
	s := &script{request: []byte(get()), left: 1}
	c := New(s, &Config{HeaderTimeout: time.Hour, IdleTimeout: time.Hour})
	if err := c.ReadHead(); err != nil {
		t.Fatal(err)
	}
	if s.deadline {
		t.Error("a read deadline is set while the handler runs")
	}
}

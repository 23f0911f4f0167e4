package httpclient_test

import (
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

	"go.uber.org/goleak"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/httpclient"
	"github.com/plimsoll-dev/plimsoll/internal/wire"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

func TestConnectionIsKeptAndUsedAgain(t *testing.T) {
	c := client(t)
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		fmt.Fprint(w, r.Method, " ", r.URL.RequestURI())
	})
	buf := make([]byte, 0, 64)
	for i := range 5 {
		status, body, err := c.Get(task(t), s.address(), fmt.Sprint("/a?", i), buf)
		if err != nil || status != 200 || string(body) != fmt.Sprint("GET /a?", i) {
			t.Fatalf("%d %q %v", status, body, err)
		}
		if &body[0] != &buf[:1][0] {
			t.Error("the body is not in the buffer that it fits into")
		}
		for _, method := range []string{"GET", "POST", "HEAD", "DELETE"} {
			res, body := do(t, c, request(t, method, s.URL+"/b", nil))
			if want := method + " /b"; method != "HEAD" && body != want || method == "HEAD" && (body != "" || res.ContentLength != int64(len(want))) {
				t.Errorf("%s: %q, length %d", method, body, res.ContentLength)
			}
		}
	}
	if n := s.opened.Load(); n != 1 {
		t.Errorf("25 requests one after another took %d connections", n)
	}
}

// Raw answers, each on a connection of its own unless keep says that it is
// good for the next one.
func TestFramingOfAnswers(t *testing.T) {
	rows := []struct {
		name, answer, want string
		status             int
		err                any // nil, an error that is matched, or a text
		keep               bool
	}{
		{"content-length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello", 200, nil, true},
		{"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", "hello", 200, nil, true},
		{"chunked with trailer", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 7\r\n\r\n", "hello", 200, nil, true},
		{"204 has no body", "HTTP/1.1 204 No Content\r\n\r\n", "", 204, nil, true},
		{"304 has no body, whatever its length says", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", "", 304, nil, true},
		{"interim answers are skipped", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok", 200, nil, true},
		{"until close", "HTTP/1.1 200 OK\r\n\r\nhello", "hello", 200, nil, false},
		{"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello", 200, nil, false},
		{"connection: close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello", "hello", 200, nil, false},
		{"more than was asked for", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\n", "hello", 200, nil, false},
		{"cut off in the body", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", "hello", 200, io.ErrUnexpectedEOF, false},
		{"cut off in a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhello", "hello", 200, io.ErrUnexpectedEOF, false},
		{"cut off in the head", "HTTP/1.1 200 OK\r\nContent-", "", 0, io.ErrUnexpectedEOF, false},
		{"closed without an answer", "", "", 0, io.EOF, false},
		{"101 to what was no upgrade", "HTTP/1.1 101 Switching Protocols\r\n\r\n", "", 0, "101", false},
		{"not HTTP", "SSH-2.0-OpenSSH_9.2\r\n\r\n", "", 0, new(*wire.Error), false},
		{"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "", 0, new(*wire.Error), false},
	}
	for _, row := range rows {
		for _, way := range []string{"Get", "Do"} {
			t.Run(way+" "+row.name, func(t *testing.T) {
				c := client(t)
				up := answer(t, row.answer, row.keep)
				status, body, err := 0, "", error(nil)
				if way == "Get" {
					var b []byte
					status, b, err = c.Get(task(t), up.address, "/", nil)
					body = string(b)
				} else {
					status, body, err = fetch(t, c, up.address)
				}
				if status != row.status || body != row.want || !matches(err, row.err) {
					t.Errorf("%d %q %v", status, body, err)
				}
				// The next request finds the connection, or opens another.
				c.Get(task(t), up.address, "/", nil)
				if kept := up.accepted.Load() == 1; kept != row.keep {
					t.Errorf("the connection was kept: %t", kept)
				}
			})
		}
	}
}

func fetch(t testing.TB, c *httpclient.Client, address string) (int, string, error) {
	res, err := c.Do(task(t), request(t, "GET", "http://"+address, nil))
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res.StatusCode, string(b), err
}

func matches(err error, want any) bool {
	switch want := want.(type) {
	case nil:
		return err == nil
	case error:
		return errors.Is(err, want)
	case string:
		return err != nil && strings.Contains(err.Error(), want)
	default:
		return errors.As(err, want)
	}
}

func TestTrailersOfAnswers(t *testing.T) {
	c := client(t)
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", "X-Sum")
		io.WriteString(w, "data")
		w.Header().Set("X-Sum", "42")
	})
	res, body := do(t, c, request(t, "GET", s.URL, nil))
	if body != "data" || res.Trailer.Get("X-Sum") != "42" {
		t.Errorf("%q, trailers %v", body, res.Trailer)
	}
}

func TestRequestBodies(t *testing.T) {
	c := client(t)
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%d %v %q %v %v", r.ContentLength, r.TransferEncoding, b, r.Trailer, err)
	})
	large := strings.Repeat("x", 100_000)
	chunked := request(t, "POST", s.URL, io.MultiReader(strings.NewReader("abc"), strings.NewReader(large)))
	trailed := request(t, "PUT", s.URL, io.MultiReader(strings.NewReader("abc")))
	trailed.Trailer = http.Header{"X-Sum": {"7"}}
	rows := []struct {
		req  *http.Request
		want string
	}{
		{request(t, "POST", s.URL, strings.NewReader("abc")), `3 [] "abc" map[] <nil>`},
		{request(t, "POST", s.URL, nil), `0 [] "" map[] <nil>`},
		{request(t, "POST", s.URL, strings.NewReader(large)), fmt.Sprintf(`100000 [] %q map[] <nil>`, large)},
		{chunked, fmt.Sprintf(`-1 [chunked] "abc%s" map[] <nil>`, large)},
		{trailed, `-1 [chunked] "abc" map[X-Sum:[7]] <nil>`},
	}
	for _, row := range rows {
		if _, got := do(t, c, row.req); got != row.want {
			t.Errorf("got  %.80s\nwant %.80s", got, row.want)
		}
	}
	if s.opened.Load() != 1 {
		t.Errorf("%d connections", s.opened.Load())
	}
}

func TestBodyThatFailsEndsTheRequest(t *testing.T) {
	c := client(t)
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) })
	boom := errors.New("boom")
	for _, length := range []int64{-1, 10} {
		req := request(t, "POST", s.URL, io.MultiReader(strings.NewReader("abc"), failing{boom}))
		req.ContentLength = length
		if _, err := c.Do(task(t), req); !errors.Is(err, boom) {
			t.Errorf("length %d: %v", length, err)
		}
	}
	short := request(t, "POST", s.URL, io.MultiReader(strings.NewReader("abc")))
	short.ContentLength = 10
	if _, err := c.Do(task(t), short); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a body shorter than its length: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// What the server answers counts, also if it did not want to read it all.
func TestAnswerThatComesBeforeTheBodyWasSent(t *testing.T) {
	c := client(t)
	up := listen(t, func(conn net.Conn) {
		if readHead(conn) {
			io.WriteString(conn, "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
			conn.(*net.TCPConn).CloseWrite()
			io.Copy(io.Discard, conn)
		}
	})
	res, err := c.Do(task(t), request(t, "POST", "http://"+up.address, strings.NewReader(strings.Repeat("x", 1<<20))))
	if err != nil || res.StatusCode != 413 {
		t.Errorf("%v %v", res, err)
	}
}

func TestWhatCannotBeSentIsRefused(t *testing.T) {
	c := client(t)
	with := func(f func(*http.Request)) *http.Request {
		r := request(t, "GET", "http://127.0.0.1:1/", nil)
		f(r)
		return r
	}
	rows := map[string]*http.Request{
		`write http://HOST[:PORT]/PATH`: request(t, "GET", "https://127.0.0.1:1/", nil),
		`invalid method`:                with(func(r *http.Request) { r.Method = "GET /x HTTP/1.1\r\n" }),
		`target`:                        with(func(r *http.Request) { r.URL.Opaque = "/a b" }),
		`invalid host`:                  with(func(r *http.Request) { r.Host = "a\r\nX: y" }),
		`invalid field name`:            with(func(r *http.Request) { r.Header["X Y"] = []string{"z"} }),
		`invalid value`:                 with(func(r *http.Request) { r.Header["X"] = []string{"a\r\nY: z"} }),
	}
	for want, req := range rows {
		if _, err := c.Do(task(t), req); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	for _, target := range []string{"", "a", "/a b", "/a\r\nX: y"} {
		if _, _, err := c.Get(task(t), "127.0.0.1:1", target, nil); err == nil || !strings.Contains(err.Error(), "target") {
			t.Errorf("target %q: %v", target, err)
		}
	}
}

func TestNobodyListens(t *testing.T) {
	c := client(t)
	ln, _ := net.Listen("tcp", "127.0.0.1:0")
	address := ln.Addr().String()
	ln.Close()
	var op *net.OpError
	if _, _, err := c.Get(task(t), address, "/", nil); !errors.As(err, &op) || op.Op != "dial" {
		t.Errorf("Get: %v", err)
	}
	if _, _, err := fetch(t, c, address); !errors.As(err, &op) {
		t.Errorf("Do: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	req := request(t, "GET", "http://"+address, nil).WithContext(ctx)
	if _, err := c.Do(task(t), req); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before: %v", err)
	}
}

// A struck context's time has come, and its timer has not fired yet.
type struck struct {
	context.Context
	at time.Time
}

func (s struck) Deadline() (time.Time, bool) { return s.at, true }

// A timedOut task's dials end as those of package net, whose timer is not the
// context's.
type timedOut struct{ engine.Task }

func (timedOut) Dial(context.Context, string, string) (net.Conn, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: os.ErrDeadlineExceeded}
}

func TestADeadlineWhileConnectingIsTheContexts(t *testing.T) {
	for in, want := range map[time.Duration]error{0: context.DeadlineExceeded, time.Hour: os.ErrDeadlineExceeded} {
		req := request(t, http.MethodGet, "http://127.0.0.1:1/", nil)
		req = req.WithContext(struck{t.Context(), time.Now().Add(in)})
		if _, err := client(t).Do(timedOut{task(t)}, req); !errors.Is(err, want) {
			t.Errorf("in %v: got %v, want %v", in, err, want)
		}
	}
}

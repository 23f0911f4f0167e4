package httpclient_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/httpclient"
)

// An upstream that answers once per connection and then hangs up, as a server
// whose keep-alive time is over does.
func hangsUp(t testing.TB, closed chan struct{}) *raw {
	return listen(t, func(c net.Conn) {
		if readHead(c) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
			c.Close()
			closed <- struct{}{}
		}
	})
}

func TestStaleConnectionIsReplacedOnce(t *testing.T) {
	ways := map[string]func(*testing.T, *httpclient.Client, string) error{
		"Get": func(t *testing.T, c *httpclient.Client, address string) error {
			_, _, err := c.Get(task(t), address, "/", nil)
			return err
		},
		"Do GET": func(t *testing.T, c *httpclient.Client, address string) error {
			_, _, err := fetch(t, c, address)
			return err
		},
		"Do PUT, whose body is read again": func(t *testing.T, c *httpclient.Client, address string) error {
			_, err := c.Do(task(t), request(t, "PUT", "http://"+address, strings.NewReader("")))
			return err
		},
		"Do POST, found out before it is sent": func(t *testing.T, c *httpclient.Client, address string) error {
			_, err := c.Do(task(t), request(t, "POST", "http://"+address, nil))
			return err
		},
	}
	for name, send := range ways {
		t.Run(name, func(t *testing.T) {
			c := client(t)
			closed := make(chan struct{}, 1)
			up := hangsUp(t, closed)
			for i := range 3 {
				if err := send(t, c, up.address); err != nil {
					t.Fatalf("request %d: %v", i, err)
				}
				<-closed
			}
			if n := up.accepted.Load(); n != 3 {
				t.Errorf("%d connections for 3 answers", n)
			}
		})
	}
}

// The replacement is a new connection: if that fails too, so does the request.
func TestStaleConnectionIsReplacedByOneNewConnectionOnly(t *testing.T) {
	c := client(t)
	var n atomic.Int64
	up := listen(t, func(conn net.Conn) {
		if n.Add(1) == 1 {
			readHead(conn)
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			readHead(conn)
		}
	})
	if _, _, err := c.Get(task(t), up.address, "/", nil); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Get(task(t), up.address, "/", nil); err == nil {
		t.Error("no server answered, and there is no error")
	}
	if got := up.accepted.Load(); got != 2 {
		t.Errorf("%d connections", got)
	}
}

// A POST that may have been received is not sent twice.
func TestPOSTIsNotRepeated(t *testing.T) {
	c := client(t)
	var requests atomic.Int64
	up := listen(t, func(conn net.Conn) {
		for readHead(conn) {
			if requests.Add(1) == 2 {
				return // received, and no answer
			}
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		}
	})
	for i := range 2 {
		_, err := c.Do(task(t), request(t, "POST", "http://"+up.address, nil))
		if failed := err != nil; failed != (i == 1) {
			t.Errorf("request %d: %v", i, err)
		}
	}
	if got := requests.Load(); got != 2 {
		t.Errorf("the server received %d requests", got)
	}
}

func TestAsManyConnectionsAsRequestsAtOnce(t *testing.T) {
	c := client(t)
	c.MaxIdlePerHost = 2
	const k = 6
	var inside sync.WaitGroup
	inside.Add(k)
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/together" {
			inside.Done()
			inside.Wait() // returns only when all k are in flight
		}
	})
	get := func(target string) error {
		_, _, err := c.Get(engine.TaskOf(context.Background()), s.address(), target, nil)
		return err
	}
	var wg sync.WaitGroup
	for range k {
		wg.Go(func() {
			if err := get("/together"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := s.opened.Load(); n != k {
		t.Errorf("%d requests at once took %d connections", k, n)
	}
	eventually(t, "two are kept", func() bool { return s.open.Load() == 2 })
	for range 4 {
		if err := get("/"); err != nil {
			t.Error(err)
		}
	}
	if n := s.opened.Load(); n != k {
		t.Errorf("%d new connections while two were idle", n-k)
	}
}

func TestTooOldConnectionsAreNotUsed(t *testing.T) {
	c := client(t)
	c.IdleTimeout = time.Nanosecond // every idle connection is too old
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {})
	for range 3 {
		if _, _, err := c.Get(task(t), s.address(), "/", nil); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.opened.Load(); n != 3 {
		t.Errorf("%d connections", n)
	}
	eventually(t, "the old ones are closed", func() bool { return s.open.Load() == 1 })
}

// hostTask is a task of another engine.
type hostTask struct {
	engine.Task
	host any
}

func (h hostTask) Host() any { return h.host }

// loner tells nothing about its connections.
type loner struct{ engine.Task }

func TestConnectionsStayWithTheTasksThatMayUseThem(t *testing.T) {
	c := client(t)
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {})
	get := func(task engine.Task) int64 {
		before := s.opened.Load()
		if _, _, err := c.Get(task, s.address(), "/", nil); err != nil {
			t.Fatal(err)
		}
		return s.opened.Load() - before
	}
	plain := task(t)
	for i, row := range []struct {
		task   engine.Task
		dialed int64
		why    string
	}{
		{hostTask{plain, "a"}, 1, "the first of a host dials"},
		{hostTask{plain, "b"}, 1, "another host does not get it"},
		{hostTask{plain, "a"}, 0, "the same host does"},
		{loner{plain}, 1, "a task that tells nothing dials"},
		{loner{plain}, 1, "and leaves nothing behind"},
	} {
		if got := get(row.task); got != row.dialed {
			t.Errorf("row %d: %s: dialed %d", i, row.why, got)
		}
	}
}

func TestContextBoundsTheExchange(t *testing.T) {
	for _, row := range []struct {
		name, path string
		want       error
	}{
		{"cancelled while the head is awaited", "/head", context.Canceled},
		{"cancelled while the body is awaited", "/body", context.Canceled},
		{"deadline while the head is awaited", "/head", context.DeadlineExceeded},
		{"deadline while the body is awaited", "/body", context.DeadlineExceeded},
	} {
		t.Run(row.name, func(t *testing.T) {
			asked := make(chan struct{})
			var once sync.Once
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/body" {
					io.WriteString(w, "first")
					w.(http.Flusher).Flush()
				}
				once.Do(func() { close(asked) })
				<-r.Context().Done()
			})
			c := client(t)
			// exchange reports whether it came to what the row is about, and says so by
			// awaited where that is the body.
			exchange := func(ctx context.Context, awaited func()) (reached bool, err error) {
				res, err := c.Do(task(t), request(t, "GET", s.URL+row.path, nil).WithContext(ctx))
				if err != nil {
					select {
					case <-asked:
						return row.path == "/head", err
					default: // it did not get as far as the server
						return false, err
					}
				}
				defer res.Body.Close()
				if _, err := io.ReadFull(res.Body, make([]byte, len("first"))); err != nil {
					return false, err
				}
				awaited()
				_, err = io.ReadAll(res.Body)
				return true, err
			}
			if row.want == context.Canceled {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				awaited := func() { go cancel() }
				if row.path == "/head" {
					go func() {
						select {
						case <-asked:
							cancel()
						case <-ctx.Done():
						}
					}()
				}
				if reached, err := exchange(ctx, awaited); !errors.Is(err, row.want) || !reached {
					t.Errorf("got %v, reached %v", err, reached)
				}
				return
			}
			// On a busy machine a deadline may be over before it comes so far.
			reached := false
			for limit := 20 * time.Millisecond; !reached; limit *= 2 {
				ctx, cancel := context.WithTimeout(t.Context(), limit)
				defer cancel()
				var err error
				if reached, err = exchange(ctx, func() {}); !errors.Is(err, row.want) {
					t.Fatalf("got %v", err)
				}
			}
		})
	}
}

// A deadline that was kept leaves no trace on the connection.
func TestDeadlineDoesNotStickToTheConnection(t *testing.T) {
	c := client(t)
	release := make(chan struct{})
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/late" {
			<-release
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	do(t, c, request(t, "GET", s.URL, nil).WithContext(ctx))
	go func() { <-ctx.Done(); close(release) }() // answers past the first request's deadline
	do(t, c, request(t, "GET", s.URL+"/late", nil))
	if n := s.opened.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

func TestBodyClosedEarlyClosesTheConnection(t *testing.T) {
	c := client(t)
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, strings.Repeat("x", 1<<20))
	})
	res, err := c.Do(task(t), request(t, "GET", s.URL, nil))
	if err != nil {
		t.Fatal(err)
	}
	io.ReadFull(res.Body, make([]byte, 10))
	res.Body.Close()
	if _, err := res.Body.Read(make([]byte, 1)); !errors.Is(err, http.ErrBodyReadAfterClose) {
		t.Errorf("read after close: %v", err)
	}
	eventually(t, "the server's side is closed", func() bool { return s.open.Load() == 0 })
}

// Many requests at once, some cancelled, some cut off: every answer belongs
// to its request, and in the end nothing is open.
func TestAnswersAreNeverMixedUp(t *testing.T) {
	c := client(t)
	c.MaxIdlePerHost = 3
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("close") != "" {
			w.Header().Set("Connection", "close")
		}
		fmt.Fprint(w, r.URL.Path, strings.Repeat(".", 5000))
	})
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			task := engine.TaskOf(context.Background())
			for i := range 100 {
				path := fmt.Sprintf("/%d/%d", g, i)
				ctx, cancel := context.WithCancel(context.Background())
				req, _ := http.NewRequestWithContext(ctx, "GET", s.URL+path+[]string{"", "?close=1"}[i%2], nil)
				if i%5 == 0 {
					go cancel()
				}
				res, err := c.Do(task, req)
				if err == nil {
					var b []byte
					if b, err = io.ReadAll(res.Body); err == nil && !strings.HasPrefix(string(b), path+".") {
						t.Errorf("%s got %.20s", path, b)
					}
					res.Body.Close()
				}
				if err != nil && !errors.Is(err, context.Canceled) {
					t.Errorf("%s: %v", path, err)
				}
				cancel()
			}
		})
	}
	wg.Wait()
	c.CloseIdle()
	eventually(t, "all connections are closed", func() bool { return s.open.Load() == 0 })
}

func BenchmarkGet(b *testing.B) {
	c := client(b)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer ln.Close()
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		buf := make([]byte, 4096)
		for {
			if _, err := conn.Read(buf); err != nil {
				return
			}
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		}
	}()
	t := engine.TaskOf(context.Background())
	address, buf := ln.Addr().String(), make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := c.Get(t, address, "/charge?ms=20", buf); err != nil {
			b.Fatal(err)
		}
	}
}

package loop

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/cps"
	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
	"github.com/plimsoll-dev/plimsoll/model"
)

// callable is a handler in both styles.
type callable struct {
	http.HandlerFunc
	cps func(t cps.Task, w http.ResponseWriter, r *http.Request, done func())
}

func (c callable) ServeCPS(t cps.Task, w http.ResponseWriter, r *http.Request, done func()) {
	c.cps(t, w, r, done)
}

// serveCPS serves a handler in continuation-passing style; requests that are
// run as coroutines fail the test.
func serveCPS(t testing.TB, h func(t cps.Task, w http.ResponseWriter, r *http.Request, done func())) *running {
	t.Helper()
	return serveHandler(t, "loop:style=cps,slow=2ms", callable{
		func(http.ResponseWriter, *http.Request) { t.Error("a coroutine serves") }, h,
	})
}

// A backend holds requests until it is open, or for as long as they ask.
type backend struct {
	*httptest.Server
	address string
	open    chan struct{}
	waits   atomic.Int64
}

func startBackend(t testing.TB) *backend {
	b := &backend{open: make(chan struct{})}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/breaks":
			w.Header().Set("Content-Length", "10")
			w.Write([]byte("part"))
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		case "/long":
			io.WriteString(w, strings.Repeat("x", 300_000)) // in chunks
			return
		case "/last":
			w.Header().Set("Connection", "close")
		case "/held":
			b.waits.Add(1)
			<-b.open
			b.waits.Add(-1)
		}
		fmt.Fprint(w, "backend", r.URL.Path)
	}))
	b.address = b.Listener.Addr().String()
	t.Cleanup(b.Close)
	return b
}

// get is an await of the backend.
func (b *backend) get(t cps.Task, target string, then func(body string, err error)) {
	var text string
	t.Await("backend", func(t cps.Task, done func(error)) {
		t.Get(b.address, target, func(status int, body []byte, err error) {
			text = string(body)
			done(err)
		})
	}, func(err error) { then(text, err) })
}

func TestCPSHandlersAreAskedFor(t *testing.T) {
	cfg, err := model.ParseEngine("loop:style=cps")
	if err != nil {
		t.Fatal(err)
	}
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	err = e.Serve(t.Context(), ln, http.NotFoundHandler())
	if err == nil || !strings.Contains(err.Error(), "no cps.Handler; write loop") {
		t.Errorf("%v", err)
	}
	if c, err := net.Dial("tcp", ln.Addr().String()); err == nil {
		c.Close()
		t.Error("the listener is still open")
	}
}

func TestCPSWhoIsServedWhileOneWaits(t *testing.T) {
	for name, c := range map[string]struct {
		stalls bool
		run    func(t cps.Task, b *backend, then func(error))
	}{
		"await": {false, func(t cps.Task, b *backend, then func(error)) {
			b.get(t, "/held", func(_ string, err error) { then(err) })
		}},
		"call": {true, func(t cps.Task, b *backend, then func(error)) {
			t.Call("x", func(t engine.Task) error { return askHTTP(t, b.address, "/held") }, then)
		}},
		"block": {true, func(t cps.Task, b *backend, then func(error)) {
			t.Block("x", func() error { b.waits.Add(1); <-b.open; return nil }, then)
		}},
		"compute": {true, func(t cps.Task, b *backend, then func(error)) {
			t.Compute("x", func() { b.waits.Add(1); <-b.open }, func() { then(nil) })
		}},
	} {
		t.Run(name, func(t *testing.T) {
			b := startBackend(t)
			var tr journal
			r := serveCPS(t, func(task cps.Task, w http.ResponseWriter, r *http.Request, done func()) {
				tr.add("%s begins", r.URL.Path)
				ends := func(err error) {
					if err != nil {
						t.Error(err)
					}
					tr.add("%s ends", r.URL.Path)
					done()
				}
				if r.URL.Path == "/a" {
					c.run(task, b, ends)
				} else {
					ends(nil)
				}
			})
			one, other := r.Dial(), r.Dial()
			other.Send("/warm").Expect(200)
			one.Send("/a")
			rig.Eventually(t, "the backend is asked", func() bool { return b.waits.Load() == 1 })
			other.Send("/b")
			want := []string{"/warm begins", "/warm ends", "/a begins", "/b begins", "/b ends", "/a ends"}
			if c.stalls {
				want = []string{"/warm begins", "/warm ends", "/a begins", "/a ends", "/b begins", "/b ends"}
			} else {
				other.Expect(200)
			}
			close(b.open)
			one.Expect(200)
			if c.stalls {
				other.Expect(200)
			}
			r.Stop()
			if !slices.Equal(tr.events, want) {
				t.Errorf("%q", tr.events)
			}
		})
	}
}

func askHTTP(t engine.Task, address, target string) error {
	c, err := t.Dial(httptest.NewRequest("GET", "/", nil).Context(), "tcp", address)
	if err != nil {
		return err
	}
	defer c.Close()
	fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", target)
	_, err = io.Copy(io.Discard, c)
	return err
}

func TestCPSAnswersArriveAsTheyAre(t *testing.T) {
	b := startBackend(t)
	r := serveCPS(t, func(task cps.Task, w http.ResponseWriter, r *http.Request, done func()) {
		b.get(task, r.URL.Path, func(body string, err error) {
			fmt.Fprint(w, len(body), " ", err)
			done()
		})
	})
	c := r.Dial()
	for range 3 { // on kept connections, too
		for path, want := range map[string]string{
			"/a": "9 <nil>", "/last": "12 <nil>", "/long": "300000 <nil>",
			"/breaks": "0 GET " + b.address + ": unexpected EOF",
		} {
			if got := c.Send(path).Expect(200); got != want {
				t.Errorf("%s: %q, want %q", path, got, want)
			}
		}
	}
	// The backend closes its idle connections: nobody gets to see that.
	for range 3 {
		b.CloseClientConnections()
		if got := c.Send("/a").Expect(200); got != "9 <nil>" {
			t.Errorf("after the kept connection was closed: %q", got)
		}
	}
	b.Close()
	if got := c.Send("/a").Expect(200); !strings.Contains(got, "refused") {
		t.Errorf("of a backend that is gone: %q", got)
	}
	r.Stop()
	if s := r.Stats(); s.Requests != 16 || s.Responses != 16 || s.Residence[model.Awaiting] <= 0 {
		t.Errorf("%+v", s)
	}
}

func TestCPSPipelinedRequestsAreAnsweredInOrder(t *testing.T) {
	r := serveCPS(t, func(task cps.Task, w http.ResponseWriter, r *http.Request, done func()) {
		finish := func() { fmt.Fprint(w, r.URL.Path); done() }
		if r.URL.Path == "/1" {
			task.Sleep(time.Millisecond, finish)
			return
		}
		finish()
	})
	c := r.Dial()
	const n = 5
	for i := range n {
		c.Send(fmt.Sprint("/", i))
	}
	for i := range n {
		if got, want := c.Expect(200), fmt.Sprint("/", i); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// What cannot be done without a stack is done with one.
func TestCPSRequestsThatCoroutinesServe(t *testing.T) {
	var coroutines, callbacks atomic.Int64
	h := callable{func(w http.ResponseWriter, r *http.Request) {
		coroutines.Add(1)
		io.Copy(w, r.Body)
	}, func(t cps.Task, w http.ResponseWriter, r *http.Request, done func()) {
		callbacks.Add(1)
		fmt.Fprint(w, "callback")
		done()
	}}
	r := serveHandler(t, "loop:style=cps", h)
	c := r.Dial()
	post := func(body string) {
		fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		if got := c.Expect(200); got != body {
			t.Errorf("%q", got)
		}
	}
	post("a body")
	if got := c.Send("/").Expect(200); got != "callback" {
		t.Errorf("%q", got)
	}
	post("another")
	// A head that comes in pieces is waited for.
	fmt.Fprint(c, "GET / HT")
	other := r.Dial()
	other.Send("/").Expect(200)
	fmt.Fprint(c, "TP/1.1\r\nHost: a\r\n\r\n")
	c.Expect(200)
	c.Send("/").Expect(200)
	// Two at once of which one has a body.
	fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\nPOST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")
	if first, second := c.Expect(200), c.Expect(200); first != "callback" || second != "x" {
		t.Errorf("%q %q", first, second)
	}
	if coroutines.Load() != 4 || callbacks.Load() != 4 {
		t.Errorf("%d by coroutines, %d by callbacks", coroutines.Load(), callbacks.Load())
	}
}

func TestCPSABadHeadIsRefused(t *testing.T) {
	r := serveCPS(t, func(cps.Task, http.ResponseWriter, *http.Request, func()) { t.Error("it reached the handler") })
	c := r.Dial()
	fmt.Fprint(c, "GET / HTTP/1.1\r\nHost : a\r\n\r\n")
	res, err := http.ReadResponse(c.R, nil)
	if err != nil || res.StatusCode != http.StatusBadRequest {
		t.Fatalf("%v %v", res, err)
	}
	io.Copy(io.Discard, res.Body)
	c.SetReadDeadline(time.Now().Add(rig.Patience))
	if _, err := c.R.ReadByte(); err != io.EOF {
		t.Errorf("%v", err)
	}
}

// A client that does not read its answer keeps nobody else waiting.
func TestCPSASlowClientIsServedByTheWay(t *testing.T) {
	big := strings.Repeat("x", 8<<20)
	r := serveCPS(t, func(task cps.Task, w http.ResponseWriter, r *http.Request, done func()) {
		if r.URL.Path == "/big" {
			io.WriteString(w, big)
		}
		done()
	})
	slow := r.Dial()
	slow.Send("/big").Send("/")
	other := r.Dial()
	for range 3 {
		other.Send("/").Expect(200)
	}
	if got := slow.Expect(200); got != big {
		t.Errorf("%d bytes", len(got))
	}
	slow.Expect(200)
	r.Stop()
	if s := r.Stats(); s.Responses != 5 {
		t.Errorf("%+v", s)
	}
}

// Nothing waits for a client under callbacks: who takes its connection over
// before it has taken what was written is refused, and the answer is whole.
func TestCPSAConnectionIsNotTakenOverBeforeWhatWasWrittenIsSent(t *testing.T) {
	long := strings.Repeat("0123456789abcdef", 1<<19) // more than both sockets hold
	r := serveCPS(t, func(task cps.Task, w http.ResponseWriter, r *http.Request, done func()) {
		if r.URL.Path == "/late" {
			io.WriteString(w, long)
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nTaken")
			conn.Close()
		} else {
			fmt.Fprint(w, err)
		}
		done()
	})
	if got := r.Get("/early").Expect(200); got != "Taken" {
		t.Errorf("%q", got)
	}
	rest, whole := strings.CutPrefix(r.Get("/late").Expect(200), long)
	if !whole || !strings.Contains(rest, "take the connection over before writing") {
		t.Errorf("after %d bytes: %q", len(long), rest)
	}
}

func TestCPSAPanicFailsTheRequestAndGivesBackWhatItHeld(t *testing.T) {
	b := startBackend(t)
	close(b.open)
	db := engine.NewResource("db", 1)
	var late atomic.Int64
	r := serveCPS(t, func(task cps.Task, w http.ResponseWriter, r *http.Request, done func()) {
		switch r.URL.Path {
		case "/now":
			panic("boom")
		case "/later":
			task.Hold(db, func(t cps.Task, release func(error)) {
				b.get(t, "/held", func(string, error) { panic("boom") })
			}, func(error) { late.Add(1) })
		case "/branch":
			b1 := func(t cps.Task, done func(error)) { t.Sleep(time.Microsecond, func() { panic("boom") }) }
			b2 := func(t cps.Task, done func(error)) { t.Sleep(time.Millisecond, func() { late.Add(1); done(nil) }) }
			task.All("x", []func(cps.Task, func(error)){b1, b2}, func(error) { late.Add(1); done() })
		default:
			task.Hold(db, func(_ cps.Task, release func(error)) { release(nil) }, func(error) { done() })
		}
	})
	for range 2 {
		for _, path := range []string{"/now", "/later", "/branch"} {
			c := r.Dial()
			res, err := http.ReadResponse(c.Send(path).R, nil)
			if err != nil || res.StatusCode != http.StatusInternalServerError {
				t.Fatalf("%s: %v %v", path, res, err)
			}
		}
	}
	r.Get("/").Expect(200) // the slot is free
	r.Stop()
	if s := r.Stats(); s.Panics != 6 || s.InFlight != 0 || late.Load() != 0 {
		t.Errorf("%d continuations after a panic; %+v", late.Load(), s)
	}
	if s := db.Stats(); s.InUse != 0 {
		t.Errorf("%+v", s)
	}
}

func TestCPSSlotsAreGrantedInOrder(t *testing.T) {
	b := startBackend(t)
	db := engine.NewResource("db", 2)
	var mu sync.Mutex
	var order []string
	r := serveCPS(t, func(task cps.Task, w http.ResponseWriter, r *http.Request, done func()) {
		task.Hold(db, func(t cps.Task, release func(error)) {
			mu.Lock()
			order = append(order, r.URL.Path)
			mu.Unlock()
			b.get(t, "/held", func(_ string, err error) { release(err) })
		}, func(err error) {
			fmt.Fprint(w, err)
			done()
		})
	})
	var clients []*rig.Conn
	var want []string
	for i := range 6 {
		path := fmt.Sprint("/", i)
		want = append(want, path)
		clients = append(clients, r.Get(path))
		rig.Eventually(t, "it holds or waits", func() bool { s := db.Stats(); return s.InUse+s.Waiting == i+1 })
	}
	rig.Eventually(t, "two hold", func() bool { return b.waits.Load() == 2 })
	close(b.open)
	for _, c := range clients {
		if got := c.Expect(200); got != "<nil>" {
			t.Errorf("%q", got)
		}
	}
	r.Stop()
	if !slices.Equal(order, want) {
		t.Errorf("%q", order)
	}
	if s := r.Stats(); s.Residence[model.Holding] <= 0 {
		t.Errorf("%+v", s)
	}
}

func TestCPSAllWaitsAtOnceAndJoinsInOrder(t *testing.T) {
	b := startBackend(t)
	first, third := errors.New("first"), errors.New("third")
	r := serveCPS(t, func(task cps.Task, w http.ResponseWriter, r *http.Request, done func()) {
		leaf := func(fails error) func(cps.Task, func(error)) {
			return func(t cps.Task, done func(error)) {
				b.get(t, "/held", func(_ string, err error) { done(errors.Join(err, fails)) })
			}
		}
		task.All("all", []func(cps.Task, func(error)){leaf(first), leaf(nil), leaf(third)}, func(err error) {
			task.All("none", nil, func(none error) {
				fmt.Fprint(w, err, none)
				done()
			})
		})
	})
	c := r.Get("/")
	rig.Eventually(t, "all three wait", func() bool { return b.waits.Load() == 3 })
	close(b.open)
	if got := c.Expect(200); got != "first\nthird <nil>" {
		t.Errorf("%q", got)
	}
	r.Stop()
	ops := map[string]uint64{}
	for _, o := range r.Stats().Ops {
		ops[o.Op+" "+o.Verb] = o.Count
	}
	if ops["backend await"] != 3 || ops["all parallel"] != 1 || ops["none parallel"] != 1 {
		t.Errorf("%v", ops)
	}
}

// The way back to the loop for results from elsewhere.
func TestCPSPostComesBackToTheLoop(t *testing.T) {
	r := serveCPS(t, func(task cps.Task, w http.ResponseWriter, r *http.Request, done func()) {
		task.Await("elsewhere", func(t cps.Task, done func(error)) {
			go t.Post(func() { done(nil) })
		}, func(error) {
			fmt.Fprint(w, "back")
			done()
			done() // once too often does no harm
		})
	})
	c := r.Dial()
	for range 20 {
		if got := c.Send("/").Expect(200); got != "back" {
			t.Errorf("%q", got)
		}
	}
}

func TestCPSStallsAreNamed(t *testing.T) {
	const long = 4 * time.Millisecond
	r := serveCPS(t, func(task cps.Task, w http.ResponseWriter, r *http.Request, done func()) {
		task.Compute("short", func() {}, func() {
			task.Block("scan", func() error { time.Sleep(long); return nil }, func(error) { done() })
		})
	})
	scans := func(st engine.StallStats) bool { return st.Op == "scan" && st.Verb == "block" }
	c := r.Dial()
	rig.Eventually(t, "three were stalls of this step", func() bool { // what keeps the CPU from the loop may take longer
		c.Send("/").Expect(200)
		stalls := r.Stats().Stalls // a stall is on the accounts after its answer, so two may be new at once
		i := slices.IndexFunc(stalls, scans)
		return i >= 0 && stalls[i].Count >= 3
	})
	r.Stop()
	s := r.Stats()
	i := slices.IndexFunc(s.Stalls, scans)
	if s.Stalls[i].Nanos < int64(3*long) || s.Loops[0].StalledNanos < int64(3*long) || s.Loops[0].BusyNanos < int64(3*long) {
		t.Errorf("%+v, loop %+v", s.Stalls, s.Loops[0])
	}
	if s.Residence[model.Blocked] < int64(3*long) {
		t.Errorf("%+v", s.Residence)
	}
}

// Requests that wait when the engine stops are answered; so is one whose client
// has shut its side.
func TestCPSStopsWhenAllIsAnswered(t *testing.T) {
	b := startBackend(t)
	r := serveCPS(t, func(task cps.Task, w http.ResponseWriter, r *http.Request, done func()) {
		b.get(task, "/held", func(body string, err error) {
			fmt.Fprint(w, body)
			done()
		})
	})
	c, gone := r.Get("/"), r.Get("/")
	rig.Eventually(t, "both wait", func() bool { return b.waits.Load() == 2 })
	gone.Close()
	r.Cancel()
	close(b.open)
	if got := c.Expect(200); got != "backend/held" {
		t.Errorf("%q", got)
	}
	if _, err := bufio.NewReader(c).ReadByte(); err != io.EOF {
		t.Errorf("after the last answer: %v", err)
	}
	c.Close()
	r.Stop()
	if s := r.Stats(); s.InFlight != 0 || s.Connections != 0 {
		t.Errorf("%+v", s)
	}
}

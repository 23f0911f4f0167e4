package synthetic

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// A standIn is an upstream on a real socket. It notes the targets it is asked
// for, in and out, and holds requests while it has a gate.
type standIn struct {
	address string
	gate    chan struct{} // nil: open; a value lets one request go; closed, all
	status  int           // 0: 200
	body    string

	mu        sync.Mutex // guards what follows
	log       []string
	now, peak int
}

func (u *standIn) start(t *testing.T) *standIn {
	s := httptest.NewServer(u)
	u.address = strings.TrimPrefix(s.URL, "http://")
	t.Cleanup(s.Close)
	return u
}

// open lets everything go from now on. A test with a gate defers it, so that
// nobody waits for ever if it fails.
func (u *standIn) open() {
	if u.gate != nil {
		select {
		case <-u.gate:
		default:
			close(u.gate)
		}
	}
}

func (u *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	u.change("in ", r, 1)
	if u.gate != nil {
		<-u.gate
	}
	u.change("out ", r, -1)
	if u.status != 0 {
		w.WriteHeader(u.status)
	}
	_, _ = io.WriteString(w, u.body)
}

func (u *standIn) change(what string, r *http.Request, by int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.log = append(u.log, what+r.URL.String())
	u.now += by
	u.peak = max(u.peak, u.now)
}

func (u *standIn) inFlight() (now, peak int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.now, u.peak
}

func (u *standIn) events() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return append([]string(nil), u.log...)
}

// until polls for a state.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); time.Sleep(200 * time.Microsecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never came true: %s", what)
		}
	}
}

// A reply is what a client got.
type reply struct {
	status int
	body   string
}

func (r reply) String() string { return fmt.Sprintf("%d %s", r.status, r.body) }

// serve puts a service on plain net/http, without any engine, and returns a
// client of it; an empty seed is not sent.
func serve(t *testing.T, h http.Handler) func(path, seed string) reply {
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return func(path, seed string) reply {
		req, err := http.NewRequest("GET", server.URL+path, nil)
		if err != nil {
			t.Error(err)
			return reply{}
		}
		if seed != "" {
			req.Header.Set(SeedHeader, seed)
		}
		res, err := server.Client().Do(req)
		if err != nil {
			t.Error(err)
			return reply{}
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Error(err)
		}
		return reply{res.StatusCode, string(body)}
	}
}

// several sends n requests at once; wait waits for their replies.
func several(t *testing.T, get func(path, seed string) reply, n int) (wait func() []reply) {
	replies := make([]reply, n)
	var wg sync.WaitGroup
	t.Cleanup(wg.Wait)
	for i := range n {
		wg.Go(func() { replies[i] = get("/", formatSeed(uint64(i))) })
	}
	return func() []reply { wg.Wait(); return replies }
}

var done = reply{200, "checkout done\n"}

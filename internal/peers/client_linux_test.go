package peers

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// apart is how far requests of a wave are from each other: opened all at once
// they overflow short listen backlogs, and what is seen then is TCP's repeats.
const apart = time.Millisecond

// patience bounds one request.
const patience = 60 * time.Second

// An answer is what became of a request.
type answer struct {
	after  time.Duration // since its connection was begun
	at     time.Time     // when it came
	status int           // 0: none
	err    error
}

func (a answer) ok() bool { return a.status == http.StatusOK }

// A conn is one connection, in plain sight: no pool, no repeats.
type conn struct {
	net.Conn
	in *bufio.Reader
}

func dial(base string) (*conn, error) {
	c, err := net.DialTimeout("tcp", strings.TrimPrefix(base, "http://"), patience)
	if err != nil {
		return nil, err
	}
	return &conn{c, bufio.NewReader(c)}, nil
}

func (c *conn) ask(path string, keep bool, within time.Duration) (int, error) {
	c.SetDeadline(time.Now().Add(within))
	connection := "close"
	if keep {
		connection = "keep-alive"
	}
	if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: %s\r\n\r\n", path, connection); err != nil {
		return 0, err
	}
	resp, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

// ask is one request on a connection of its own.
func ask(base, path string, within time.Duration) answer {
	start := time.Now()
	c, err := dial(base)
	if err != nil {
		return answer{time.Since(start), time.Now(), 0, err}
	}
	defer c.Close()
	status, err := c.ask(path, false, within)
	return answer{time.Since(start), time.Now(), status, err}
}

// A wave is c requests, each on its own connection, on the way.
type wave struct {
	launched chan struct{} // closed when all are
	all      sync.WaitGroup
	answers  []answer
}

func launch(base, path string, c int) *wave {
	w := &wave{launched: make(chan struct{}), answers: make([]answer, c)}
	w.all.Add(c)
	go func() {
		defer close(w.launched)
		tick := time.NewTicker(apart)
		defer tick.Stop()
		for i := range c {
			go func() {
				defer w.all.Done()
				w.answers[i] = ask(base, path, patience)
			}()
			<-tick.C
		}
	}()
	return w
}

func (w *wave) wait() []answer {
	w.all.Wait()
	return w.answers
}

// count counts the answers that are as f says.
func count(all []answer, f func(answer) bool) (n int) {
	for _, a := range all {
		if f(a) {
			n++
		}
	}
	return n
}

// onTime are the answers of a wave that did not wait for another's.
func onTime(all []answer, service time.Duration) int {
	return count(all, func(a answer) bool { return a.ok() && a.after < service*3/2 })
}

// idle has n connections kept alive after a request each: what never said
// anything may not have been accepted (TCP_DEFER_ACCEPT, which Apache sets).
func idle(t *testing.T, r *Running, n int) (closeAll func()) {
	t.Helper()
	var all []*conn
	for range n {
		c, err := dial(r.Base)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
		if _, err := c.ask(r.Canary, true, patience); err != nil {
			t.Fatal(err)
		}
	}
	return func() {
		for _, c := range all {
			c.Close()
		}
	}
}

// quiet waits until the peer has nothing left to do: with several processes one
// quick answer proves little.
func quiet(t *testing.T, r *Running) {
	t.Helper()
	for end, row := time.Now().Add(patience), 0; row < 5; {
		if time.Now().After(end) {
			t.Fatal("the peer does not become quiet")
		}
		if a := ask(r.Base, r.Canary, time.Second); a.ok() && a.after < 200*time.Millisecond {
			row++
		} else {
			row = 0
		}
	}
}

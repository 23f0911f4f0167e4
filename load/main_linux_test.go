package load

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
)

func TestMain(m *testing.M) {
	rig.Main(play)
	goleak.VerifyTestMain(m)
}

// A peer is one connection as a test's server sees it.
type peer struct {
	*net.TCPConn
	r *bufio.Reader
	n int // connections before this one
}

// request reads one request, its body included.
func (p *peer) request() (*http.Request, []byte, error) {
	req, err := http.ReadRequest(p.r)
	if err != nil {
		return nil, nil, err
	}
	body, err := io.ReadAll(req.Body)
	return req, body, err
}

// say writes, and does not mind that the client has gone.
func (p *peer) say(s string) { _, _ = io.WriteString(p, s) }

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// answer answers every request with the same bytes until the client goes.
func answer(s string) func(*peer) {
	return func(p *peer) {
		for {
			if _, _, err := p.request(); err != nil {
				return
			}
			p.say(s)
		}
	}
}

// server runs script for each connection, which it closes after it.
func server(t testing.TB, script func(*peer)) (target string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var (
		all  sync.WaitGroup
		mu   sync.Mutex
		open = map[net.Conn]bool{}
		down bool
	)
	all.Go(func() {
		for n := 0; ; n++ {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			if down {
				c.Close()
			}
			open[c] = true
			mu.Unlock()
			all.Go(func() {
				script(&peer{c.(*net.TCPConn), bufio.NewReader(c), n})
				c.Close()
				mu.Lock()
				delete(open, c)
				mu.Unlock()
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		mu.Lock()
		down = true
		for c := range open {
			c.Close()
		}
		mu.Unlock()
		all.Wait()
	})
	return "http://" + ln.Addr().String()
}

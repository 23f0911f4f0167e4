package goroutine

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
)

// A timedListener's connections tell what read deadline they have.
type timedListener struct {
	net.Listener
	accepted chan *timedConn
}

func (l timedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	timed := &timedConn{TCPConn: c.(*net.TCPConn)}
	l.accepted <- timed
	return timed, nil
}

type timedConn struct {
	*net.TCPConn

	mu sync.Mutex // guards at
	at time.Time
}

func (c *timedConn) SetReadDeadline(at time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
	return c.TCPConn.SetReadDeadline(at)
}

func (c *timedConn) deadline() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// strike has the deadline's time come.
func (c *timedConn) strike() { _ = c.SetReadDeadline(time.Unix(1, 0)) }

// serveTimed serves one connection and returns both of its ends; that of the
// engine is idle.
func serveTimed(t *testing.T, text string, h http.HandlerFunc) (*rig.Conn, *timedConn) {
	ln := timedListener{rig.Listen(t), make(chan *timedConn, 1)}
	c := rig.ServeOn(t, rig.Build(t, text, New), ln, h).Dial()
	timed := <-ln.accepted
	rig.Eventually(t, "it has a deadline", func() bool { return !timed.deadline().IsZero() })
	return c, timed
}

// The lazy deadline of idle connections must not hit a slow body that comes
// after it would have struck.
func TestIdleDeadlineDoesNotStrikeInABody(t *testing.T) {
	began := make(chan struct{})
	c, timed := serveTimed(t, "goroutine", func(w http.ResponseWriter, r *http.Request) {
		close(began)
		b, err := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %v", b, err)
	})
	ofIdle := timed.deadline()
	fmt.Fprint(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc")
	<-began
	rig.Eventually(t, "it has the body's deadline", func() bool { return timed.deadline() != ofIdle })
	fmt.Fprint(c, "def")
	if got := c.Expect(200); got != "abcdef <nil>" {
		t.Errorf("%s", got)
	}
}

// Requests that come closer together than keepalive keep a connection: a
// deadline that is left from before them is put off when it strikes.
func TestIdleDeadlineIsPutOff(t *testing.T) {
	c, timed := serveTimed(t, "goroutine:keepalive=1h", path)
	for range 3 {
		c.Send("/").Expect(200)
		timed.strike()
		rig.Eventually(t, "it is put off", func() bool { return timed.deadline().After(time.Now()) })
	}
	c.Send("/").Expect(200)
}

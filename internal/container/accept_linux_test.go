package container

import (
	"context"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/model"
)

// idleCarrier carries no request.
type idleCarrier struct{}

func (idleCarrier) Task() engine.Task { return engine.TaskOf(context.Background()) }
func (idleCarrier) Owned() bool       { return false }
func (idleCarrier) BeforeIO()         {}
func (idleCarrier) Run()              {}

// The poller goes through the connections whenever it likes, also between the
// moment at which the acceptor has entered one and the moment at which the
// reactor knows it. It has its full time all the same, and is closed once.
func TestASweepLeavesAConnectionAloneThatIsBeingAccepted(t *testing.T) {
	cfg, err := model.ParseEngine("thread:max=1")
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(Config{Engine: cfg, Attach: func(*Conn) Carrier { return idleCarrier{} }})
	if err != nil {
		t.Fatal(err)
	}
	c.network, c.local, c.base = "unix", &net.UnixAddr{}, context.Background()
	if c.poller, err = newPoller(c); err != nil {
		t.Fatal(err)
	}
	defer c.poller.reactor.Close()
	const n = 5000
	accepted := make(chan struct{})
	go func() {
		defer close(accepted)
		a := &acceptor{container: c}
		for range n {
			fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
			if err != nil {
				t.Error(err)
				return
			}
			a.serve(fds[0], &unix.SockaddrUnix{})
			if open := c.ledger.Connections.Load(); open != 1 {
				t.Errorf("%d connections are open, want the one that was accepted", open)
				return
			}
			_ = c.conns.first.close()
			unix.Close(fds[1])
		}
	}()
	for deadline := time.Now().Add(time.Minute); ; {
		c.poller.sweep() // this goroutine is the poller's
		select {
		case <-accepted:
			return
		default:
			if time.Now().After(deadline) {
				t.Fatal("accepting does not end")
			}
		}
	}
}

package fiber

import (
	"reflect"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/internal/account"
)

// A handler may ask for the first time whether its client is there, on a goroutine
// of its own, while the connection is being closed or handed over.
func TestWhoClosesAndWhoWatchesMayMeet(t *testing.T) {
	c := newCarriers(t, 1)
	defer c.stop(t)
	ln := listen(t, "tcp")
	s, err := NewServer(c.group, ln, Config{Name: "watch", Context: t.Context(), Ledger: new(account.Ledger), Connections: 1, Backlog: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(s.acceptor.fd)
	defer s.hangups.Close()
	for range 5000 {
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		client := &conn{server: s}
		client.init(s.group, fds[0])
		s.add(client)
		var both sync.WaitGroup
		both.Go(func() { client.Watch(nil) })
		both.Go(client.close)
		both.Wait()
		unix.Close(fds[1])
	}
	if n := reflect.ValueOf(&s.hangups).Elem().FieldByName("gone").Len(); n > 0 {
		t.Errorf("%d connections that are closed are watched", n)
	}
}

package thread

import (
	"io"
	"net"
	"net/http"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
	"github.com/plimsoll-dev/plimsoll/internal/address"
	"github.com/plimsoll-dev/plimsoll/internal/blocking"
)

func TestHijackedConnectionIsTheHandlers(t *testing.T) {
	r := serve(t, "thread:max=1", func(w http.ResponseWriter, _ *http.Request) {
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		go func() {
			defer conn.Close()
			line, err := rw.ReadString('\n')
			if err != nil {
				t.Error(err)
			}
			_, _ = io.WriteString(conn, "echo "+line)
		}()
	})
	c := r.Get("/")
	rig.Eventually(t, "the engine has let go", func() bool { s := r.Stats(); return s.Accepted == 1 && s.Connections == 0 && s.Busy == 0 })
	r.Stop()
	if _, err := io.WriteString(c, "hello\n"); err != nil {
		t.Fatal(err)
	}
	if line, err := c.R.ReadString('\n'); err != nil || line != "echo hello\n" {
		t.Errorf("got %q, %v", line, err)
	}
	c.End()
}

// The number of a hijacked connection's descriptor soon is another's. A
// handler that looks at its context only then must not touch that one.
func TestContextOfAHijackedConnection(t *testing.T) {
	hijacked, look, looked := make(chan bool), make(chan bool), make(chan bool)
	r := serve(t, "thread:max=4", func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path != "/hijack" {
			return
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		conn.Close()
		hijacked <- true
		<-look
		req.Context().Done()
		looked <- true
	})
	// The clients have their descriptors before, so that the number which the
	// hijacked one leaves is the next that the engine accepts.
	ln, err := net.ResolveTCPAddr("tcp", r.Address)
	if err != nil {
		t.Fatal(err)
	}
	_, to, err := address.Sockaddr(ln)
	if err != nil {
		t.Fatal(err)
	}
	clients := make([]*rig.Conn, 8)
	for i := range clients {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		clients[i] = rig.NewConn(t, blocking.New(fd, "tcp", nil, ln))
	}
	r.Get("/hijack")
	<-hijacked
	for _, c := range clients {
		if err := unix.Connect(c.Conn.(*blocking.Socket).FD(), to); err != nil {
			t.Fatal(err)
		}
	}
	rig.Eventually(t, "all are accepted", func() bool { return r.Stats().Accepted == 9 })
	look <- true
	<-looked
	for _, c := range clients {
		c.Send("/").Expect(http.StatusOK)
	}
}

package loop

import (
	"fmt"
	"net/http"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
)

// play is the one role of a child: a loop that can be left few descriptors, of
// which a process has its own.
func play([]string) error {
	return rig.BeEngine(New, "loop", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/few-descriptors" {
			fmt.Fprint(w, unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 32, Max: 32}))
		}
	}))
}

// Without descriptors clients wait in the kernel's queue; those that are
// connected are served, and the others when one of them leaves.
func TestClientsWaitForDescriptors(t *testing.T) {
	s := rig.StartChild(t, "loop", rig.Place{Procs: 1})
	first := rig.Dial(t, "tcp", s.Address)
	if got := first.Send("/few-descriptors").Expect(200); got != "<nil>" {
		t.Fatal(got)
	}
	const n = 64
	answered := make(chan *rig.Conn, n)
	for i := range n {
		c := rig.Dial(t, "tcp", s.Address).Send("/")
		go func() {
			res, err := http.ReadResponse(c.R, nil)
			if err != nil || res.StatusCode != 200 {
				t.Errorf("client %d: %v, %v", i, res, err)
			}
			answered <- c
		}()
	}
	first.Send("/").Expect(200)
	for range n { // each makes room for the next
		(<-answered).Close()
	}
	first.Send("/").Expect(200)
	first.Close()
	s.Stop(t)
}

func TestTheConnectionPastTheCapIsHeldUntilOneCloses(t *testing.T) {
	r := serve(t, "loop:connections=2", func(http.ResponseWriter, *http.Request) {})
	first, second := r.Dial(), r.Dial()
	first.Send("/").Expect(200)
	second.Send("/").Expect(200)
	third := r.Get("/")
	rig.Eventually(t, "it is accepted", func() bool { return r.Stats().Connections == 3 })
	first.Send("/").Expect(200) // those inside are served meanwhile
	if s := r.Stats(); s.Requests != 3 {
		t.Errorf("%d requests were taken up", s.Requests)
	}
	second.Close()
	third.Expect(200)
}

// Stopping while one is held serves that one, too.
func TestTheHeldConnectionIsServedWhenTheEngineStops(t *testing.T) {
	r := serve(t, "loop:connections=1", func(http.ResponseWriter, *http.Request) {})
	first := r.Dial()
	first.Send("/").Expect(200)
	held := r.Get("/")
	rig.Eventually(t, "it is accepted", func() bool { return r.Stats().Connections == 2 })
	r.Cancel()
	held.Expect(200)
	r.Stop()
}

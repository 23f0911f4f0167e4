package blocking

import (
	"errors"
	"net"
	"testing"

	"github.com/plimsoll-dev/plimsoll/internal/peek"
)

func TestSocketShowsThatItsPeerHasClosed(t *testing.T) {
	c, peer := pair(t)
	if ended, known := peek.Ended(c); ended || !known {
		t.Errorf("open: ended %t, known %t", ended, known)
	}
	peer.Close()
	await(t, "the end has arrived", func() bool { ended, _ := peek.Ended(c); return ended })
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	if err := raw.Control(func(uintptr) { t.Error("a closed descriptor was lent") }); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

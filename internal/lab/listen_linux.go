package lab

import (
	"context"
	"fmt"
	"net"
)

// listen opens a listening socket; without an address, on a free port of
// loopback. Plain TCP: Go's
// listeners are Multipath TCP by default, which costs more per segment and
// refuses the filter with which engines let nobody in while they drain.
func listen(address string) (net.Listener, error) {
	if address == "" {
		address = "127.0.0.1:0"
	}
	var c net.ListenConfig
	c.SetMultipathTCP(false)
	ln, err := c.Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return ln, nil
}

package probe

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
)

// ErrNotAuthorised is that a target is not this machine, and nobody said that
// it may be probed.
var ErrNotAuthorised = errors.New("not authorised")

// Allowed says whether a connection may be used: one to this machine may. Any
// other needs authorisation, also to a private address, which is somebody's
// too. It looks at the address that was really connected to, not at the name.
func Allowed(remote net.Addr, authorised bool) error {
	if authorised {
		return nil
	}
	a, err := netip.ParseAddrPort(remote.String())
	at := a.Addr().Unmap()
	switch {
	case err == nil && at.IsLoopback():
		return nil
	case err == nil && at.IsUnspecified():
		return fmt.Errorf("%w: %s is where servers listen, on all addresses of a machine; write the one to ask, as 127.0.0.1 or [::1]", ErrNotAuthorised, remote)
	}
	return fmt.Errorf("%w: %s is not a loopback address, and so perhaps not of this machine; a probe drives a service to its limit: if you are allowed to do that there, write --i-am-authorised, which the record will say", ErrNotAuthorised, remote)
}

//go:build !unix

package httpclient

import "net"

// closedByPeer cannot look without waiting on this system.
func closedByPeer(net.Conn) bool { return false }

//go:build !unix

package peek

import "net"

// Ended cannot look without waiting on this system.
func Ended(net.Conn) (ended, known bool) { return false, false }

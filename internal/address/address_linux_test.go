package address

import (
	"context"
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

func TestResolve(t *testing.T) {
	for _, c := range []struct {
		network, address string
		first            string // "": an error
		literal          bool
	}{
		{"tcp", "127.0.0.1:80", "127.0.0.1:80", true},
		{"tcp6", "[::1]:80", "[::1]:80", true},
		{"tcp", "[::ffff:10.0.0.1]:80", "10.0.0.1:80", true},
		{"tcp4", "127.0.0.1:http", "127.0.0.1:80", false}, // a service has a name, too
		{"tcp", ":80", "127.0.0.1:80", false},
		{"unix", "/run/x", "/run/x", true},
		{"udp", "127.0.0.1:80", "", true}, // not a stream
		{"tcp", "127.0.0.1", "", false},
		{"tcp", "127.0.0.1:no-such-service", "", false},
	} {
		if got := Literal(c.network, c.address); got != c.literal {
			t.Errorf("%s %s: literal %t", c.network, c.address, got)
		}
		addrs, err := Resolve(context.Background(), c.network, c.address)
		switch {
		case c.first == "" && err == nil:
			t.Errorf("%s %s: %v, want an error", c.network, c.address, addrs)
		case c.first != "" && (err != nil || addrs[0].String() != c.first):
			t.Errorf("%s %s: %v %v, want %s", c.network, c.address, addrs, err, c.first)
		}
	}
}

func TestSockaddrAndBack(t *testing.T) {
	for _, c := range []struct {
		addr   net.Addr
		family int
	}{
		{&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}, unix.AF_INET},
		{&net.TCPAddr{IP: net.ParseIP("::1"), Port: 80}, unix.AF_INET6},
		{&net.TCPAddr{IP: net.ParseIP("fe80::1"), Port: 80, Zone: "lo"}, unix.AF_INET6},
		{&net.UnixAddr{Name: "/run/x", Net: "unix"}, unix.AF_UNIX},
	} {
		family, sa, err := Sockaddr(c.addr)
		if err != nil || family != c.family || Of(sa).String() != c.addr.String() {
			t.Errorf("%v: family %d, %v, back: %v", c.addr, family, err, Of(sa))
		}
	}
	if _, _, err := Sockaddr(&net.UDPAddr{}); err == nil {
		t.Error("a UDP address is taken for a stream's")
	}
}

package address

import (
	"context"
	"net"
	"net/netip"
)

// Resolve returns the addresses that a name stands for: at least one, or an
// error. Names are looked up by Go's resolver, which may wait; a literal address
// and a path never do.
func Resolve(ctx context.Context, network, address string) ([]net.Addr, error) {
	switch network {
	case "unix":
		return []net.Addr{&net.UnixAddr{Name: address, Net: network}}, nil
	case "tcp", "tcp4", "tcp6":
	default:
		return nil, net.UnknownNetworkError(network)
	}
	if literal, err := netip.ParseAddrPort(address); err == nil {
		return []net.Addr{net.TCPAddrFromAddrPort(literal)}, nil
	}
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	port, err := net.DefaultResolver.LookupPort(ctx, network, service)
	if err != nil {
		return nil, err
	}
	if host == "" { // the local machine, as package net has it
		return []net.Addr{&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}}, nil
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip"+network[len("tcp"):], host)
	if err != nil {
		return nil, err
	}
	addrs := make([]net.Addr, len(ips))
	for i, ip := range ips {
		addrs[i] = net.TCPAddrFromAddrPort(netip.AddrPortFrom(ip.Unmap(), uint16(port)))
	}
	if len(addrs) == 0 {
		return nil, &net.DNSError{Err: "no address", Name: host, IsNotFound: true}
	}
	return addrs, nil
}

// Literal reports whether an address can be used as it is, so that Resolve does
// not wait.
func Literal(network, address string) bool {
	_, err := netip.ParseAddrPort(address)
	return err == nil || network == "unix"
}

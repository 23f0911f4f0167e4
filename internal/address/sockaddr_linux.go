package address

import (
	"fmt"
	"net"
	"net/netip"

	"golang.org/x/sys/unix"
)

// Sockaddr returns the kernel's form of an address.
func Sockaddr(a net.Addr) (family int, sa unix.Sockaddr, err error) {
	switch a := a.(type) {
	case *net.UnixAddr:
		return unix.AF_UNIX, &unix.SockaddrUnix{Name: a.Name}, nil
	case *net.TCPAddr:
		ip := a.AddrPort().Addr().Unmap()
		if ip.Is4() {
			return unix.AF_INET, &unix.SockaddrInet4{Port: a.Port, Addr: ip.As4()}, nil
		}
		if ip.IsValid() {
			sa := &unix.SockaddrInet6{Port: a.Port, Addr: ip.As16()}
			if a.Zone != "" {
				i, err := net.InterfaceByName(a.Zone)
				if err != nil {
					return 0, nil, err
				}
				sa.ZoneId = uint32(i.Index)
			}
			return unix.AF_INET6, sa, nil
		}
	}
	return 0, nil, fmt.Errorf("address %v is not of TCP or a unix socket", a)
}

// Of is the other way round. An address of a family that nobody asked for
// is an empty TCP address.
func Of(sa unix.Sockaddr) net.Addr {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port)))
	case *unix.SockaddrInet6:
		ip := netip.AddrFrom16(sa.Addr)
		if sa.ZoneId != 0 {
			if i, err := net.InterfaceByIndex(int(sa.ZoneId)); err == nil {
				ip = ip.WithZone(i.Name)
			}
		}
		return net.TCPAddrFromAddrPort(netip.AddrPortFrom(ip.Unmap(), uint16(sa.Port)))
	case *unix.SockaddrUnix:
		return &net.UnixAddr{Name: sa.Name, Net: "unix"}
	}
	return &net.TCPAddr{}
}

// Local returns the address that a socket is bound to.
func Local(fd int) net.Addr {
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return &net.TCPAddr{}
	}
	return Of(sa)
}

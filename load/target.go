package load

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/plimsoll-dev/plimsoll/internal/redact"
)

// SplitURL splits the URL of a request into a Config's Target and a Route's
// Path.
func SplitURL(raw string) (target, path string, err error) {
	u, err := parseURL(raw)
	if err != nil {
		return "", "", err
	}
	if u.Fragment != "" {
		return "", "", fmt.Errorf("load: target %q: a fragment (from # on) is not sent to a server; leave it out", redact.URL(raw))
	}
	return u.Scheme + "://" + u.Host, u.RequestURI(), nil
}

func parseURL(raw string) (*url.URL, error) {
	const example = "write http://HOST:PORT/PATH"
	u, err := url.Parse(raw)
	shown := redact.URL(raw)
	switch {
	case err != nil && !strings.Contains(raw, "://"), err == nil && u.Host == "" && u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("load: target %q has no scheme; write http://%s", shown, strings.TrimLeft(shown, "/"))
	case err != nil && strings.Contains(raw, "@"): // the error may quote a part of a password
		return nil, fmt.Errorf("load: target %q is not a URL; %s, and who asks into the header Authorization", shown, example)
	case err != nil:
		return nil, fmt.Errorf("load: target %q: %w; %s", shown, err.(*url.Error).Err, example)
	case u.Scheme == "https":
		return nil, fmt.Errorf("load: target %q: https is not supported yet; %s, or put a proxy that ends TLS before the service", shown, example)
	case u.Scheme != "http":
		return nil, fmt.Errorf("load: target %q: scheme %q is not http; %s", shown, u.Scheme, example)
	case u.Hostname() == "":
		return nil, fmt.Errorf("load: target %q has no host; %s", shown, example)
	case u.User != nil:
		return nil, fmt.Errorf("load: target %q: a user name is not sent; write the header Authorization instead", shown)
	}
	return u, nil
}

// resolve returns the address to connect to and the Host field to send.
func resolve(ctx context.Context, target string) (netip.AddrPort, string, error) {
	u, err := parseURL(target)
	if err != nil {
		return netip.AddrPort{}, "", err
	}
	if u.RequestURI() != "/" {
		return netip.AddrPort{}, "", fmt.Errorf("load: target %q has a path; a route's path is given with the route", redact.URL(target))
	}
	port := uint64(80)
	if p := u.Port(); p != "" {
		if port, err = strconv.ParseUint(p, 10, 16); err != nil || port == 0 {
			return netip.AddrPort{}, "", fmt.Errorf("load: target %q: port %q is not a number from 1 to 65535", target, p)
		}
	}
	if a, err := netip.ParseAddr(u.Hostname()); err == nil {
		if a.Zone() != "" {
			return netip.AddrPort{}, "", fmt.Errorf("load: target %q: an address with a zone is not supported; write a global address", target)
		}
		return netip.AddrPortFrom(a.Unmap(), uint16(port)), u.Host, nil
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", u.Hostname())
	if err != nil {
		return netip.AddrPort{}, "", fmt.Errorf("load: target %q: %w", target, err)
	}
	// The first IPv4 address if there is one: a server told to listen on
	// "localhost" mostly listens there only.
	chosen := addrs[0].Unmap()
	for _, a := range addrs {
		if a.Unmap().Is4() {
			chosen = a.Unmap()
			break
		}
	}
	return netip.AddrPortFrom(chosen, uint16(port)), u.Host, nil
}

package span

import (
	"net/netip"
	"net/url"
	"strings"
)

// The attributes read, the stable name first. Sources: OpenTelemetry semantic
// conventions 1.20 (older names) and 1.37, and OpenTracing's (peer.service,
// span.kind, error).
var (
	methodKeys  = []string{"http.request.method", "http.method"}
	routeKeys   = []string{"http.route"}
	pathKeys    = []string{"url.path", "http.target", "url.full", "http.url"}
	urlKeys     = []string{"url.full", "http.url"}
	rpcKeys     = []string{"rpc.service", "rpc.method"}
	systemKeys  = []string{"db.system.name", "db.system", "db.type"}
	databases   = []string{"db.namespace", "db.name", "db.instance"}
	messaging   = []string{"messaging.system"}
	topics      = []string{"messaging.destination.name", "messaging.destination"}
	serviceKeys = []string{"service.peer.name", "peer.service"}
	hostKeys    = []string{"server.address", "net.peer.name", "peer.hostname", "http.host", "network.peer.address", "net.sock.peer.addr", "net.peer.ip", "peer.ipv4"}
	portKeys    = []string{"server.port", "net.peer.port", "network.peer.port", "net.sock.peer.port", "peer.port"}
)

var read = func() map[string]bool {
	m := map[string]bool{}
	for _, keys := range [][]string{methodKeys, routeKeys, pathKeys, urlKeys, rpcKeys, systemKeys, databases, messaging, topics, serviceKeys, hostKeys, portKeys} {
		for _, k := range keys {
			m[k] = true
		}
	}
	return m
}()

// Route returns the method ("" if not HTTP) and the route that a server span
// serves, and whether the route is a template; otherwise it is a path as it was
// requested, or the span's name.
func (s *Span) Route() (method, route string, template bool) {
	method = strings.ToUpper(s.Attrs.first(methodKeys...))
	if method == "_OTHER" {
		method = ""
	}
	if r := s.Attrs.first(routeKeys...); r != "" {
		return method, r, true
	}
	if r := s.Attrs.first("rpc.method"); r != "" {
		if service := s.Attrs.first("rpc.service"); service != "" && !strings.Contains(r, "/") {
			r = service + "/" + r
		}
		return method, r, true
	}
	if p := s.Attrs.first(pathKeys...); p != "" {
		if u, err := url.Parse(p); err == nil && u.Path != "" {
			return method, u.Path, false
		}
		if p, _, _ = strings.Cut(p, "?"); strings.HasPrefix(p, "/") {
			return method, p, false
		}
	}
	if verb, rest, ok := strings.Cut(s.Name, " "); ok && strings.HasPrefix(rest, "/") && verb == strings.ToUpper(verb) {
		return verb, rest, false // the conventional name: METHOD ROUTE
	}
	return method, s.Name, !strings.HasPrefix(s.Name, "/")
}

// Peer names the system that a client or producer span waits for, and whether
// an attribute named it; otherwise it is the span's name.
func (s *Span) Peer() (name string, named bool) {
	a := s.Attrs
	if v := a.first(serviceKeys...); v != "" {
		return v, true
	}
	if v := a.first(systemKeys...); v != "" {
		if db := a.first(databases...); db != "" {
			return v + "-" + db, true
		}
		if host := a.host(); host != "" {
			return v + "-" + host, true
		}
		return v, true
	}
	if v := a.first(messaging...); v != "" {
		if t := a.first(topics...); t != "" {
			return v + "-" + t, true
		}
		return v, true
	}
	if v := a.host(); v != "" {
		return v, true
	}
	if v := a.first("rpc.service"); v != "" {
		return v, true
	}
	return s.Name, false
}

// host returns the host that was asked, with its port where several systems may
// share an address.
func (a Attrs) host() string {
	host, port := a.first(hostKeys...), a.first(portKeys...)
	if u, err := url.Parse(a.first(urlKeys...)); err == nil && u.Hostname() != "" && host == "" {
		host, port = u.Hostname(), u.Port()
	}
	if h, p, ok := strings.Cut(host, ":"); ok && !strings.Contains(p, ":") {
		host, port = h, p // http.host carries the port
	}
	if _, err := netip.ParseAddr(host); port != "" && (err == nil || host == "localhost") {
		return host + "-" + port
	}
	return host
}

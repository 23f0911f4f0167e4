package exchange

import (
	"net/http"
	"net/url"
	"strings"
)

// parseTarget fills u from a request target as net/http does.
func parseTarget(u *url.URL, method, target string) error {
	if plainPath(u, target) {
		return nil
	}
	authority := method == http.MethodConnect && !strings.HasPrefix(target, "/")
	if authority {
		target = "http://" + target // so that it parses; taken off again below
	}
	parsed, err := url.ParseRequestURI(target)
	if err != nil {
		return err
	}
	*u = *parsed
	if authority {
		u.Scheme = ""
	}
	return nil
}

// plainPath fills u, without allocating, from a target in origin-form that
// has nothing to decode: exactly the bytes that url.URL.EscapedPath leaves
// alone, so that RawPath is empty, and a query, which stays as it is.
func plainPath(u *url.URL, target string) bool {
	if target == "" || target[0] != '/' {
		return false
	}
	path, query, asked := strings.Cut(target, "?")
	for i := range len(path) {
		if !plainByte[path[i]] {
			return false
		}
	}
	if asked && query == "" {
		return false // ForceQuery
	}
	*u = url.URL{Path: path, RawQuery: query}
	return true
}

var plainByte = func() (t [256]bool) {
	for c := range t {
		t[c] = 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
			c < 0x80 && strings.IndexByte("-_.~$&+,/:;=@", byte(c)) >= 0
	}
	return t
}()

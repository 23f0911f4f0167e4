package wire

import "bytes"

// targetAuthority checks the form of a request target (RFC 9112, 3.2) and
// returns the authority that it names, if it does.
func targetAuthority(method, target []byte) (authority []byte, ok bool) {
	switch {
	case bytes.IndexByte(target, '#') >= 0: // a target has no fragment
		return nil, false
	case string(method) == "CONNECT":
		_, port := cutPort(target)
		return target, len(port) > 1 && validHost(target)
	case target[0] == '/':
		return nil, true
	case len(target) == 1 && target[0] == '*':
		return nil, string(method) == "OPTIONS"
	}
	scheme, rest, found := bytes.Cut(target, []byte("://"))
	if !found || !validScheme(scheme) {
		return nil, false
	}
	if end := bytes.IndexAny(rest, "/?"); end >= 0 {
		rest = rest[:end]
	}
	// No host is invalid (RFC 9110, 4.2.1); user information is an error (4.2.4).
	return rest, validHost(rest)
}

func validScheme(s []byte) bool {
	for i, c := range s {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || !('0' <= c && c <= '9' || c == '+' || c == '-' || c == '.')) {
			return false
		}
	}
	return len(s) > 0
}

// cutPort splits off the port, which begins with its colon.
func cutPort(authority []byte) (host, port []byte) {
	i := len(authority)
	for i > 0 && '0' <= authority[i-1] && authority[i-1] <= '9' {
		i--
	}
	if i == 0 || authority[i-1] != ':' {
		return authority, nil
	}
	return authority[:i-1], authority[i-1:]
}

// validHost reports whether s is uri-host [ ":" port ] with a host that is not
// empty (RFC 9110, 7.2). Of an address in brackets, only the characters are
// checked.
func validHost(s []byte) bool {
	i := 0
	for i < len(s) && class[s[i]]&hostByte != 0 {
		i++
	}
	if i > 0 && i == len(s) {
		return true
	}
	host, _ := cutPort(s)
	literal := len(host) > 2 && host[0] == '[' && host[len(host)-1] == ']'
	if literal {
		host = host[1 : len(host)-1]
	}
	for i := 0; i < len(host); i++ {
		switch {
		case class[host[i]]&hostByte != 0 || literal && host[i] == ':':
		case host[i] == '%' && i+2 < len(host) && hexDigit(host[i+1]) >= 0 && hexDigit(host[i+2]) >= 0:
			i += 2
		default:
			return false
		}
	}
	return len(host) > 0
}

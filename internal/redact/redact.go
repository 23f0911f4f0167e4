// Package redact takes out of URLs what is for the service alone, so that they may
// be printed and recorded: the user information, and the values of parameters
// whose names say that they let somebody in. The rest stays, in the same order: a
// record has to say what was asked for.
//
// [URL] is for what is known to be one, also if it is written wrongly, [Path] for
// what stands in one after the host, and [Text] for messages that may quote some.
package redact

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

// Mark stands for what was taken out.
const Mark = "…"

// URL returns a URL without its secrets: user information, fragment, and the
// values of query and path parameters of names such as token, api_key or
// X-Amz-Signature; also where it has another URL in its path or in a parameter. Of a
// text that is no URL everything before its last @ is taken for a password.
func URL(text string) string {
	scheme, rest, ok := strings.Cut(text, "://")
	if ok && !strings.ContainsAny(scheme, "/?#@;&=") {
		scheme += "://"
	} else {
		scheme, rest = "", text
	}
	if u, err := url.Parse(strings.ReplaceAll(text, Mark, "x")); err != nil || u.Host == "" {
		if at := strings.LastIndexByte(rest, '@'); at >= 0 {
			rest = Mark + rest[at:]
		}
	}
	if at := nested(rest); at > 0 {
		return URL(scheme+rest[:at]) + URL(rest[at:])
	}
	rest, _, fragment := strings.Cut(rest, "#")
	rest, query, asked := strings.Cut(rest, "?")
	host, path, deep := strings.Cut(rest, "/")
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		host = Mark + host[at:]
	}
	text = scheme + host
	if deep {
		text += "/" + values(path, ";/") // RFC 3986, 3.3: ;jsessionid=…
	}
	if asked {
		text += "?" + values(query, "&;")
	}
	if fragment {
		text += "#" + Mark
	}
	return text
}

// Path returns a path with its query, as a request line has it, without its
// secrets. Of one that is not even a path, nothing but [Mark] may be left.
func Path(text string) string {
	if !strings.HasPrefix(text, "/") {
		return URL(text)
	}
	const host = "http://host"
	if path, ok := strings.CutPrefix(URL(host+text), host); ok {
		return path
	}
	return Mark
}

// nested is where in the path of a URL without its scheme another URL begins, as
// what a proxy is to fetch; 0: there is none. The value of a secret parameter is
// no URL, whatever it looks like.
func nested(rest string) int {
	path, _, _ := strings.Cut(rest, "#")
	path, _, _ = strings.Cut(path, "?")
	host := strings.IndexByte(path, '/')
	if host < 0 {
		return 0
	}
	end := strings.Index(path[host:], "://")
	if end <= 0 {
		return 0
	}
	before := path[:host+end]
	at := len(strings.TrimRightFunc(before, func(r rune) bool {
		return r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) || strings.ContainsRune("+-.", r)
	}))
	if name, ok := strings.CutSuffix(path[:at], "="); ok && secret(name[strings.LastIndexAny(name, ";/")+1:]) {
		return 0
	}
	return at
}

// values masks the values of secret parameters, which any of the separators ends.
func values(text, separators string) string {
	var b strings.Builder
	for text != "" {
		end := strings.IndexAny(text, separators)
		if end < 0 {
			end = len(text)
		}
		name, value, ok := strings.Cut(text[:end], "=")
		switch {
		case quotes(name):
			b.WriteString(Mark)
		case ok && value != "" && (secret(name) || quotes(value)):
			b.WriteString(name + "=" + Mark)
		default:
			b.WriteString(text[:end])
		}
		if end < len(text) {
			b.WriteByte(text[end])
			end++
		}
		text = text[end:]
	}
	return b.String()
}

// quotes reports whether a value is itself a URL with secrets, as the address to
// return to after a login; that is often one without scheme and host.
func quotes(value string) bool {
	plain, err := url.QueryUnescape(value)
	switch {
	case err != nil:
		return false
	case strings.Contains(plain, "://"):
	case strings.HasPrefix(plain, "//"):
		plain = "http:" + plain
	case strings.HasPrefix(plain, "/"):
		plain = "http://h" + plain
	case strings.Contains(plain, "?"):
		plain = "http://h/" + plain
	default:
		return false
	}
	return URL(plain) != plain
}

// The names of parameters that let somebody in, without case and punctuation:
// those that contain a word, those that end with one, and those that are one.
var (
	within = []string{"token", "secret", "passw", "passphrase", "pwd", "credential", "signature", "session", "authorization", "assertion", "bearer", "cookie", "jwt"}
	ending = []string{"key", "auth", "sig", "sid", "pass", "hmac"}
	whole  = []string{"pin", "otp", "accesskeyid", "googleaccessid"}
)

func secret(name string) bool {
	if plain, err := url.QueryUnescape(name); err == nil {
		name = plain
	}
	name = strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
	for _, w := range within {
		if strings.Contains(name, w) {
			return true
		}
	}
	for _, w := range ending {
		if strings.HasSuffix(name, w) {
			return true
		}
	}
	for _, w := range whole {
		if name == w {
			return true
		}
	}
	return false
}

var quoted = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://[^\s"'<>` + "`" + `]+`)

// Text returns a message in which every URL is without its secrets.
func Text(message string) string { return quoted.ReplaceAllStringFunc(message, URL) }

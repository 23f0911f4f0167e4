package wire

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// A difference is a known disagreement between wire and net/http: whenever
// applies, the side that refuses does refuse.
type difference struct {
	reason  string
	refuses side
	applies func(m *lenient) bool
	example string // the other side takes it, and no other difference applies
	answer  bool   // the example is a response
}

type side string

const (
	wireSide side = "wire"
	netSide  side = "net/http"
)

const (
	hostPattern = `(\[([-A-Za-z0-9._~!$&'()*+,;=:]|%[0-9A-Fa-f]{2})+\]|([-A-Za-z0-9._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})+)`
	chunkHead   = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
)

var (
	validHostField = regexp.MustCompile(`^(` + hostPattern + `(:[0-9]*)?)?$`)
	connectForm    = regexp.MustCompile(`^` + hostPattern + `:[0-9]+$`)
	absoluteForm   = regexp.MustCompile(`^[A-Za-z][-A-Za-z0-9+.]*://` + hostPattern + `(:[0-9]*)?([/?].*)?$`)
	otherVersion   = regexp.MustCompile(`^HTTP/[02-9]\.[0-9]$`)
	beforeCodings  = regexp.MustCompile(`^HTTP/(0\.[0-9]|1\.0)$`)
	version1       = regexp.MustCompile(`^HTTP/1\.[1-9]$`)
	statusCode     = regexp.MustCompile(`^HTTP/\d\.\d [1-9]\d\d( |$)`)
	controls       = regexp.MustCompile(`[\x00-\x08\x0a-\x1f\x7f]`)
	notVisible     = regexp.MustCompile(`[^!-~]`)
)

// differences are all there are. RFC 9112 unless another is named.
var differences = []difference{
	{
		reason:  "2.2: LF may be taken for a line end; wire does not",
		refuses: wireSide,
		applies: func(m *lenient) bool {
			return some(m.lines, func(line string) bool { return !strings.HasSuffix(line, "\r") })
		},
		example: "GET / HTTP/1.1\nHost: a\r\n\r\n",
	},
	{
		reason:  "5.2: a server refuses or repairs line folding; net/http repairs it",
		refuses: wireSide,
		applies: func(m *lenient) bool {
			return some(m.lines[1:], func(line string) bool { return line != "" && blank(line[0]) })
		},
		example: "GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n",
	},
	{
		reason:  "5.1: white space in or behind a name; net/http keeps the name as it is (go.dev/issue/34540)",
		refuses: wireSide,
		applies: func(m *lenient) bool {
			return anyField(m, func(f [2]string) bool { return strings.Contains(f[0], " ") })
		},
		example: "GET / HTTP/1.1\r\nHost: a\r\nA : b\r\n\r\n",
	},
	{
		reason:  "2.3: net/http reads any major version and leaves it to the server to refuse",
		refuses: wireSide,
		applies: func(m *lenient) bool { return otherVersion.MatchString(m.version()) },
		example: "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
	},
	{
		reason:  "3.2: net/http leaves it to the server to miss Host",
		refuses: wireSide,
		applies: func(m *lenient) bool {
			return !m.response && version1.MatchString(m.version()) && m.count("Host") == 0
		},
		example: "GET / HTTP/1.1\r\n\r\n",
	},
	{
		reason:  "3.2: net/http leaves it to the server to check Host",
		refuses: wireSide,
		applies: func(m *lenient) bool { return !m.response && !validHostField.MatchString(m.value("Host")) },
		example: "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
	},
	{
		reason:  "3.2: targets of none of the four forms, or of another method's; RFC 9110, 4.2: without host or with user information",
		refuses: wireSide,
		applies: func(m *lenient) bool {
			switch {
			case m.response:
				return false
			case m.method() == "CONNECT":
				return !connectForm.MatchString(m.target())
			case m.target() == "*":
				return m.method() != "OPTIONS"
			}
			return !strings.HasPrefix(m.target(), "/") && !absoluteForm.MatchString(m.target())
		},
		example: "GET http://user@a/ HTTP/1.1\r\nHost: a\r\n\r\n",
	},
	{
		reason:  "3.2: a target is ASCII and has no fragment; net/http takes both as part of the path",
		refuses: wireSide,
		applies: func(m *lenient) bool {
			return !m.response && (strings.Contains(m.target(), "#") || notVisible.MatchString(m.target()))
		},
		example: "GET /#a HTTP/1.1\r\nHost: a\r\n\r\n",
	},
	{
		reason:  "6.1: Transfer-Encoding in 1.0 is faulty framing; net/http ignores the field",
		refuses: wireSide,
		applies: func(m *lenient) bool { return m.version() == "HTTP/1.0" && m.count("Transfer-Encoding") > 0 },
		example: "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
	},
	{
		reason:  "6.3: both lengths ought to be an error; net/http takes chunked",
		refuses: wireSide,
		applies: func(m *lenient) bool { return m.count("Transfer-Encoding") > 0 && m.count("Content-Length") > 0 },
		example: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
	},
	{
		reason:  "RFC 9110, 8.6: a repeated length may be refused or reduced to one; net/http reduces equal ones",
		refuses: wireSide,
		applies: func(m *lenient) bool { return m.count("Content-Length") > 1 },
		example: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
	},
	{
		reason:  "7.1: white space after a size without an extension; net/http cuts it off",
		refuses: wireSide,
		applies: func(m *lenient) bool {
			return some(m.sizes, func(line string) bool {
				digits, _, extension := strings.Cut(strings.TrimSuffix(line, "\r"), ";")
				return !extension && digits != strings.TrimRight(digits, " \t")
			})
		},
		example: chunkHead + "1 \r\nx\r\n0\r\n\r\n",
	},
	{
		reason:  "7.1.1: control characters in an extension; net/http does not look",
		refuses: wireSide,
		applies: func(m *lenient) bool {
			return some(m.sizes, func(line string) bool {
				return controls.MatchString(strings.TrimSuffix(line, "\r"))
			})
		},
		example: chunkHead + "0;\x00\r\n\r\n",
	},
	{
		reason:  "RFC 9110, 6.5.1: framing and routing fields in trailers; net/http keeps them",
		refuses: wireSide,
		applies: func(m *lenient) bool {
			return some(m.trailers, func(f [2]string) bool {
				switch strings.ToLower(f[0]) {
				case "content-length", "transfer-encoding", "host":
					return true
				}
				return false
			})
		},
		example: chunkHead + "0\r\nContent-Length: 3\r\n\r\n",
	},
	{
		reason:  "4: one space, and a code of three digits from 100; net/http takes what strconv.Atoi does",
		refuses: wireSide,
		applies: func(m *lenient) bool { return m.response && !statusCode.MatchString(m.start) },
		example: "HTTP/1.1 +20 OK\r\n\r\n", answer: true,
	},
	{
		reason:  "4: control characters in the reason; net/http does not look",
		refuses: wireSide,
		applies: func(m *lenient) bool { return m.response && controls.MatchString(m.reason()) },
		example: "HTTP/1.1 200 O\x00K\r\n\r\n", answer: true,
	},

	{
		reason:  "2.2: a server skips empty lines before a request; http.ReadRequest leaves that to nobody",
		refuses: netSide,
		applies: func(m *lenient) bool { return m.early > 0 },
		example: "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
	},
	{
		reason:  "3.2: net/http decodes the target, and refuses what net/url cannot",
		refuses: netSide,
		applies: func(m *lenient) bool {
			target := m.target()
			if m.method() == "CONNECT" && !strings.HasPrefix(target, "/") {
				target = "http://" + target
			}
			_, err := url.ParseRequestURI(target)
			return !m.response && err != nil
		},
		example: "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
	},
	{
		reason:  "RFC 9110, 5.2 and 5.6.1.2: lines of a name are one list, and its empty elements are ignored; net/http knows one line with chunked alone",
		refuses: netSide,
		applies: func(m *lenient) bool {
			return !beforeCodings.MatchString(m.version()) && (strings.Contains(m.value("Transfer-Encoding"), ",") || m.count("Transfer-Encoding") > 1)
		},
		example: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n",
	},
	{
		reason:  "7.1.1: white space before an extension is to be parsed; net/http takes it for part of the size",
		refuses: netSide,
		applies: func(m *lenient) bool {
			return some(m.sizes, func(line string) bool {
				digits, _, extension := strings.Cut(line, ";")
				return extension && digits != strings.TrimRight(digits, " \t")
			})
		},
		example: chunkHead + "0 ;a\r\n\r\n",
	},
	{
		reason:  "RFC 9110, 6.6.2: Trailer only announces; net/http refuses announced framing, wire refuses it when it comes",
		refuses: netSide,
		applies: func(m *lenient) bool {
			return strings.EqualFold(m.value("Transfer-Encoding"), "chunked") && !beforeCodings.MatchString(m.version()) &&
				some(m.fields, func(f [2]string) bool {
					return strings.EqualFold(f[0], "Trailer") && some(strings.Split(f[1], ","), func(name string) bool {
						switch strings.ToLower(strings.TrimSpace(name)) {
						case "content-length", "transfer-encoding", "trailer":
							return true
						}
						return false
					})
				})
		},
		example: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: Content-Length\r\n\r\n0\r\n\r\n",
	},
}

func some[T any](list []T, ok func(T) bool) bool {
	for _, e := range list {
		if ok(e) {
			return true
		}
	}
	return false
}

func anyField(m *lenient, ok func([2]string) bool) bool {
	return some(m.fields, ok) || some(m.trailers, ok)
}

// Every listed difference is one, and is not covered by another.
func TestEveryKnownDifferenceIsReal(t *testing.T) {
	for _, d := range differences {
		m := loosely([]byte(d.example), d.answer, false)
		for _, other := range differences {
			if other.applies(m) != (other.reason == d.reason) {
				t.Errorf("%q\nis the example of %q; that %q applies is %v", d.example, d.reason, other.reason, other.applies(m))
			}
		}
		wire, net := verdicts([]byte(d.example), d.answer, false)
		if wireRefuses, netRefuses := wire.err != nil, net.err != nil; wireRefuses == netRefuses || wireRefuses != (d.refuses == wireSide) {
			t.Errorf("%q\n%s\nwire: %v\nnet/http: %v", d.example, d.reason, wire.err, net.err)
		}
	}
}

package probe

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plimsoll-dev/plimsoll/record"
)

// answering is a service that writes something, and goes on as long as it is
// listened to.
func answering(write func(io.Writer) error) *runner {
	dial := func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		go func() {
			defer there.Close()
			go io.Copy(io.Discard, there)
			for write(there) == nil {
			}
		}()
		return loopback{here}, nil
	}
	return &runner{cfg: &Config{Dial: dial}, start: time.Now()}
}

// loopback is a connection that Allowed lets pass.
type loopback struct{ net.Conn }

func (loopback) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

// A header without an end is not kept in memory until its time is over.
func TestAHeaderWithoutEndIsNotReadToItsEnd(t *testing.T) {
	m, err := (&Request{URL: "http://127.0.0.1/"}).prepare(0)
	if err != nil {
		t.Fatal(err)
	}
	for name, ask := range map[string]func(*runner) error{
		"a request": func(r *runner) error {
			l := r.open(t.Context(), m, time.Minute)
			if row := r.ask(t.Context(), l, m, false, time.Minute, nil); row.Status != statusNotHTTP {
				return fmt.Errorf("status %s", row.Status)
			}
			return nil
		},
		"metrics": func(r *runner) error {
			if _, _, err := r.scrape(t.Context(), m); err == nil || !strings.Contains(err.Error(), "does not speak HTTP") {
				return fmt.Errorf("%w", err)
			}
			return nil
		},
	} {
		written, more := 0, "HTTP/1.1 200 OK\r\n"
		if err := ask(answering(func(w io.Writer) error {
			if written > 4*largestHead {
				return errors.New("enough")
			}
			n, err := io.WriteString(w, more)
			written += n
			more = "X-A: " + strings.Repeat("a", 1000) + "\r\n"
			return err
		})); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What a service writes behind its status is not printed on a terminal.
func TestAStatusIsNotInTheServicesWords(t *testing.T) {
	for _, code := range []int{204, 302, 401, 404, 503, 599} {
		resp := &http.Response{StatusCode: code, Status: fmt.Sprintf("%d \x1b[2Jall is well", code), Header: http.Header{}, Body: http.NoBody}
		if _, err := series(resp); err == nil || strings.Contains(err.Error(), "all is well") || !strings.Contains(err.Error(), fmt.Sprint(code)) {
			t.Errorf("%v", err)
		}
	}
}

// spoken probes what answers each request with these words, and then closes the
// connection or, if it is to hang, does not.
func spoken(t *testing.T, answer string, hang bool) (err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		dial := func(context.Context, string, string) (net.Conn, error) {
			here, there := net.Pipe()
			go func() {
				defer there.Close()
				if _, err := http.ReadRequest(bufio.NewReader(there)); err != nil {
					return
				}
				time.Sleep(50 * ms) // of the bubble: what a request takes
				io.WriteString(there, answer)
				if hang {
					io.Copy(io.Discard, there)
				}
			}()
			return loopback{here}, nil
		}
		err = Run(t.Context(), Config{Heavy: Request{URL: "http://s/heavy"}, MaxConcurrency: 2, Dial: dial}, record.NewWriter(io.Discard), record.Meta{})
		synctest.Wait()
	})
	return err
}

// Each in a sentence, at the latest when the time for one request is over.
func TestWhatAnswersOtherwiseIsSaid(t *testing.T) {
	for _, c := range []struct {
		why, answer string
		hang        bool
		want        string // "": it can be probed
	}{
		{"HTTP/1.0, until the connection ends", "HTTP/1.0 200 OK\r\n\r\nok", false, ""},
		{"closed after each answer", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", false, ""},
		{"kept against the request", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", true, ""},
		{"more than it says", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more", false, ""},
		{"compressed", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00", false, ""},
		{"after 100 Continue", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, ""},
		{"less than it says", "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nok", false, "s:80 ended the connection before its answer was as long as it said"},
		{"less than it says, and silence", "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nok", true, "write a route whose answer ends, not a stream"},
		{"chunks without an end", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", true, "write a route whose answer ends, not a stream"},
		{"chunks that break off", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nok\r\n", false, "s:80 ended the connection before its answer was as long as it said"},
		{"chunks without a length", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nok\r\n", true, "the answer of s:80 cannot be read: after its head: invalid byte in chunk length"},
		{"a negative length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", true, "does not speak HTTP/1.1"},
		{"HTTP/2 alone", "\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x05\x00\x00\x40\x00", true, "is it HTTP/2 alone, another protocol, or TLS (https://)?"},
		{"another protocol", "SSH-2.0-OpenSSH_9.2\r\n", true, "does not speak HTTP/1.1"},
		{"nothing", "", false, "closed the connection instead of answering; does it expect TLS"},
		{"silence", "", true, "gave no answer to a single request within 30s"},
		{"a switch of protocols", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n", true, "101 Switching Protocols"},
		{"not modified", "HTTP/1.1 304 Not Modified\r\n\r\n", false, "304 Not Modified, not the work"},
	} {
		err := spoken(t, c.answer, c.hang)
		if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "--heavy: ")) {
			t.Errorf("%s: error %v, want %q", c.why, err, c.want)
		}
	}
}

// RFC 9110, 15.2: a client reads any number of interim answers before the final
// one, expected or not.
func TestInterimAnswersAreNotTheAnswer(t *testing.T) {
	m, err := (&Request{URL: "http://127.0.0.1/"}).prepare(0)
	if err != nil {
		t.Fatal(err)
	}
	answer := "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	r := answering(func(w io.Writer) error {
		if answer == "" {
			return errors.New("enough")
		}
		_, err := io.WriteString(w, answer)
		answer = ""
		return err
	})
	l := r.open(t.Context(), m, time.Minute)
	defer l.close()
	if row := r.ask(t.Context(), l, m, false, time.Minute, nil); row.Status != "200" {
		t.Errorf("status %s", row.Status)
	}
}

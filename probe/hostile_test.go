package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
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

package probe

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/plimsoll-dev/plimsoll/record"
)

// The statuses of requests that had no answer, or one that is not the work.
const (
	statusTimeout = "timeout" // no answer, or not all of it, in the time given
	statusRefused = "refused" // no connection
	statusReset   = "reset"
	statusClosed  = "closed"   // the connection ended before the answer had
	statusNotHTTP = "not-http" // there was an answer, of another protocol

	statusFallback = "fallback" // in no record: there it is 200, and what was seen says that it was not the work
)

// A link is one connection to the service.
type link struct {
	conn   net.Conn
	read   *bufio.Reader
	room   *io.LimitedReader // what read reads from
	number int
	took   int64 // to open it, nanoseconds
	served int   // requests that it has carried
	err    error // it could not be opened
}

// open opens a connection. It returns one also if that failed: whoever asks on
// it is told.
func (r *runner) open(ctx context.Context, m *message, timeout time.Duration) *link {
	l := &link{number: int(r.conns.Add(1))}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	begun := time.Now()
	l.conn, l.err = r.cfg.Dial(ctx, "tcp", cmp.Or(r.reached[m.address], m.address))
	if l.err == nil {
		if l.err = Allowed(l.conn.RemoteAddr(), r.cfg.Authorised); l.err != nil {
			l.conn.Close()
		}
	}
	if l.err == nil && m.tls {
		l.err = l.secure(ctx, m, r.cfg.TLS)
	}
	l.took = int64(time.Since(begun)) + 1
	if l.err == nil {
		l.room = &io.LimitedReader{R: l.conn, N: math.MaxInt64}
		l.read = bufio.NewReaderSize(l.room, 4<<10)
	}
	return l
}

// secure speaks TLS on the connection, and HTTP/1.1 alone.
func (l *link) secure(ctx context.Context, m *message, base *tls.Config) error {
	cfg := &tls.Config{}
	if base != nil {
		cfg = base.Clone()
	}
	if cfg.ServerName == "" {
		cfg.ServerName = m.host
	}
	cfg.NextProtos = []string{"http/1.1"}
	t := tls.Client(l.conn, cfg)
	if err := t.HandshakeContext(ctx); err != nil {
		l.conn.Close()
		return fmt.Errorf("%w: %w", errHandshake, err)
	}
	l.conn = t
	return nil
}

func (l *link) close() {
	if l.err == nil {
		l.conn.Close()
	}
}

// ask sends one request on a connection and waits for the whole answer. sent,
// if any, is called as the request has been written, or cannot be.
func (r *runner) ask(ctx context.Context, l *link, m *message, keep bool, timeout time.Duration, sent func()) record.Request {
	row := record.Request{Route: record.RouteHeavy, Intended: r.now(), Conn: l.number, Kept: l.served > 0}
	if m == r.canary {
		row.Route = record.RouteCanary
	}
	if l.served == 0 {
		row.Connect = l.took
	}
	l.served++
	if l.err != nil {
		row.Done, row.Status = r.now(), failure(l.err)
		if sent != nil {
			sent()
		}
		return row
	}
	l.conn.SetDeadline(time.Now().Add(timeout))
	stop := context.AfterFunc(ctx, func() { l.conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	text := m.once
	if keep {
		text = m.kept
	}
	row.Sent = r.now()
	_, err := l.conn.Write(text)
	if sent != nil {
		sent()
	}
	if err == nil {
		err = r.answer(l, m, &row)
	}
	row.Done = r.now()
	if err != nil {
		row.Status = failure(err)
		l.close()
		l.err = err
	}
	return row
}

// largestHead is how long an answer's status line and header may be together;
// net/http would keep all that comes in memory.
const largestHead = 1 << 20

// response reads the head of an answer.
func (l *link) response(m *message) (*http.Response, error) {
	// What is not HTTP may never end a line, which is what is read for.
	if first, err := l.read.Peek(1); err == nil && first[0] != 'H' {
		return nil, errNotHTTP
	}
	l.room.N = largestHead // of interim answers (103 Early Hints) and the one that they precede together
	resp, err := http.ReadResponse(l.read, m.request)
	for err == nil && resp.StatusCode < 200 && resp.StatusCode != http.StatusSwitchingProtocols {
		resp, err = http.ReadResponse(l.read, m.request)
	}
	if err != nil && l.room.N <= 0 {
		err = errNotHTTP
	}
	l.room.N = math.MaxInt64
	return resp, err
}

// errNotHTTP is that what was answered is not HTTP.
var errNotHTTP = errors.New("not HTTP")

func (r *runner) answer(l *link, m *message, row *record.Request) error {
	if _, err := l.read.Peek(1); err != nil {
		return err
	}
	row.FirstByte = r.now()
	resp, err := l.response(m)
	if err != nil {
		if nerr := net.Error(nil); errors.As(err, &nerr) || errors.Is(err, io.ErrUnexpectedEOF) {
			return err
		}
		return errNotHTTP
	}
	defer resp.Body.Close()
	row.Status = strconv.Itoa(resp.StatusCode)
	if resp.StatusCode >= 400 {
		row.Wait = int64(retryAfter(resp.Header, time.Now()))
	}
	if row.Body, err = io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.Close {
		l.close()
		l.err = io.EOF
	}
	return nil
}

func failure(err error) string {
	var nerr net.Error
	switch {
	case errors.Is(err, errNotHTTP):
		return statusNotHTTP
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), errors.As(err, &nerr) && nerr.Timeout():
		return statusTimeout
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), strings.Contains(err.Error(), "forcibly closed"):
		return statusReset
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.ErrClosedPipe):
		return statusClosed
	}
	return statusRefused
}

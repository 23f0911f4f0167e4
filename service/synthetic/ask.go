package synthetic

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
)

// ask waits for an upstream: it holds the request for the drawn latency.
func (s *Service) ask(t engine.Task, upstream string, latency time.Duration, pick uint64) error {
	var buf [256]byte
	status, body, err := s.client.Get(t, s.addresses[pick%uint64(len(s.addresses))], string(target(upstream, latency)), buf[:0])
	return verdict(upstream, status, body, err)
}

// target is what an upstream is asked for.
func target(upstream string, latency time.Duration) []byte {
	target := make([]byte, 0, 48)
	target = append(target, '/')
	target = append(target, upstream...)
	target = append(target, "?us="...)
	return strconv.AppendInt(target, latency.Microseconds(), 10)
}

// verdict is what an upstream's answer comes to.
func verdict(upstream string, status int, body []byte, err error) error {
	if err != nil {
		return fmt.Errorf("upstream %s: %w", upstream, err)
	}
	if status != http.StatusOK {
		return fmt.Errorf("upstream %s answered %d: %s", upstream, status, reason(status, body))
	}
	return nil
}

// reason is what a failed upstream says of itself, for one line: the body's
// first, or what the status means.
func reason(status int, body []byte) string {
	line, _, _ := bytes.Cut(bytes.TrimSpace(body), []byte("\n"))
	if line = bytes.TrimSpace(line); len(line) == 0 {
		return http.StatusText(status)
	}
	return fmt.Sprintf("%.200s", line)
}

package probe

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"github.com/plimsoll-dev/plimsoll/record"
)

// What was in the way is not looked for where it cannot be.
func TestWhatWasInTheWayIsSaid(t *testing.T) {
	for _, c := range []struct {
		why  string
		tls  bool
		err  error
		want string
	}{
		{"closed before TLS came about", true, fmt.Errorf("%w: %w", errHandshake, io.EOF), "does it speak TLS, or is it http://?"},
		{"closed behind it", true, io.EOF, "s closed the connection instead of answering: EOF"},
		{"closed without TLS", false, io.EOF, "does it expect TLS (https://)?"},
		{"a reset within the answer", false, fmt.Errorf("%w: %w", errUnfinished, syscall.ECONNRESET), "before its answer was as long as it said"},
	} {
		if got := unreachable(&message{address: "s", tls: c.tls}, c.err).Error(); !strings.Contains(got, c.want) {
			t.Errorf("%s: %s, want %s", c.why, got, c.want)
		}
	}
}

func TestAServiceThatClosesBehindItsTLSIsNotAskedWhetherItSpeaksIt(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer s.Close()
	err := Run(t.Context(), Config{Heavy: Request{URL: s.URL}, MaxConcurrency: 2, TLS: s.Client().Transport.(*http.Transport).TLSClientConfig},
		record.NewWriter(io.Discard), record.Meta{})
	if err == nil || !strings.Contains(err.Error(), "closed the connection instead of answering") || strings.Contains(err.Error(), "does it speak TLS") {
		t.Errorf("error %v", err)
	}
}

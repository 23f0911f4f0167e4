package exchange

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"testing"
)

// What an engine gives up in the middle is answered 503, unless it is too late.
func TestARequestWithoutRoomIsAnswered503(t *testing.T) {
	reported := 0
	c, client := pair(t, &Config{Logf: t.Logf, OnPanic: func(any, []byte) { reported++ }})
	fmt.Fprint(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	unwound := false
	outcome := serve(t, c, func(w http.ResponseWriter, _ *http.Request) {
		defer func() { unwound = true }()
		w.Header().Set("X", "of an answer that is not given")
		io.WriteString(w, "nor is this")
		panic(fmt.Errorf("in a branch: %w", ErrRejected))
	})
	res, _ := receiveOne(t, bufio.NewReader(client), "GET")
	if res.StatusCode != 503 || res.Header.Get("Retry-After") != "1" || res.Header.Get("X") != "" || !res.Close || outcome != Close {
		t.Errorf("%s %v, %v", res.Status, res.Header, outcome)
	}
	if !unwound || reported != 0 {
		t.Errorf("unwound %v, reported as a panic %d times", unwound, reported)
	}

	c, client = pair(t, &Config{Logf: t.Logf, OnPanic: func(any, []byte) { reported++ }})
	fmt.Fprint(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	outcome = serve(t, c, func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "half of it")
		http.NewResponseController(w).Flush()
		panic(ErrRejected)
	})
	_ = c.Close()
	res, err := http.ReadResponse(bufio.NewReader(client), nil)
	if err != nil || outcome != Close {
		t.Fatal(err, outcome)
	}
	if b, err := io.ReadAll(res.Body); err == nil || reported != 0 {
		t.Errorf("%q looks complete; reported %d times", b, reported)
	}
}

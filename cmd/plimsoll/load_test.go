package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLoadSaysHowTheServiceAnswered(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != "POST" || r.URL.RequestURI() != "/x?y=1" || r.Header.Get("X-Test") != "a:b" {
			w.WriteHeader(http.StatusTeapot)
		}
		fmt.Fprint(w, "ok")
	}))
	defer srv.Close()
	file := filepath.Join(t.TempDir(), "body")
	if err := os.WriteFile(file, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	common := []string{"load", srv.URL + "/x?y=1", "--for", "200ms", "-H", "X-Test: a:b", "--body", "@" + file}

	code, out, err := exec(t, append(common, "--rate", "100", "--arrivals", "bursts:5", "--within", "10s", "--ratio", "1")...)
	if code != 0 || err != "" || !strings.Contains(out, "latency") || !strings.Contains(out, "20 within 10.0 s (100 % of all)") {
		t.Errorf("open loop: exit code %d, error %q, printed\n%s", code, err, out)
	}
	code, out, err = exec(t, append(common, "-c", "2", "--json", "-")...)
	var d struct {
		Schema   string
		OK       uint64
		Failed   uint64
		Statuses map[string]uint64
	}
	if e := json.Unmarshal([]byte(out), &d); e != nil || code != 0 || err != "" || d.Schema != "plimsoll.load/1" || d.OK == 0 || d.Failed != 0 || d.Statuses["200"] != d.OK {
		t.Errorf("closed loop as JSON: exit code %d, error %q, %v, printed\n%s", code, err, e, out)
	}
}

// A token whose header's name was forgotten is not printed into somebody's log.
func TestLoadDoesNotRepeatAHeader(t *testing.T) {
	code, out, err := exec(t, "load", "http://127.0.0.1:1", "--rate", "1", "-H", "Bearer s3cret")
	if code != exitUsage || out != "" || !strings.Contains(err, "write NAME:VALUE") || strings.Contains(err, "s3cret") {
		t.Errorf("exit code %d, printed %q, error %q", code, out, err)
	}
}

func TestLoadFailsWhereTheExpectationDoes(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer srv.Close()
	code, out, err := exec(t, "load", srv.URL, "--rate", "100", "--for", "200ms", "--within", "1s", "--ratio", "0.5")
	// 3, void, if this machine was too busy to send in time.
	if code != 1 && (code != 3 || !strings.Contains(err, "late")) || !strings.Contains(err, "0 of ") || !strings.Contains(out, "503: ") {
		t.Errorf("exit code %d, error %q, printed\n%s", code, err, out)
	}
}

func TestLoadRefusesWhatItCannotDo(t *testing.T) {
	refuses(t, "load", []refusal{
		{"http://127.0.0.1:1", "write --rate N for arrivals per second, or --connections N"},
		{"http://127.0.0.1:1 --rate 1 --connections 1", "write one of them"},
		{"http://127.0.0.1:1 --rate 1 --ratio 0.9", "write --within TIME too"},
		{"http://127.0.0.1:1 --rate 1 --ratio 90", "write one from 0 to 1"},
		{"http://127.0.0.1:1 --rate 1 --arrivals burst", "write poisson, constant, or bursts:N"},
		{"http://127.0.0.1:1 --rate 1 --arrivals bursts", "write poisson, constant, or bursts:N"},
		{"http://127.0.0.1:1 --rate 1 --arrivals bursts:0", "write poisson, constant, or bursts:N"},
		{"http://127.0.0.1:1 --rate 1 --arrivals poisson:2", "write poisson, constant, or bursts:N"},
		{"http://127.0.0.1:1 --rate 1 --header x", "write NAME:VALUE"},
		{"http://127.0.0.1:1 --rate 1 --for=-1s", "write a time above zero"},
		{"http://127.0.0.1:1 --rate=-1", "has rate -1"},
		{"http://127.0.0.1:1 --rate 1e9", "write 1000000 at most"},
		{"http://127.0.0.1:1 --rate=Inf", "write 1000000 at most"},
		{"http://127.0.0.1:1 --connections 70000", "write 65535 at most"},
		{"http://127.0.0.1:1 --rate 1", "connection refused"},
		{"https://127.0.0.1:1 --rate 1", "https is not supported yet"},
		{"127.0.0.1:1 --rate 1", "write http://127.0.0.1:1"},
	})
}

package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	generator "github.com/plimsoll-dev/plimsoll/load"
	"github.com/plimsoll-dev/plimsoll/model"
)

// moody answers with different statuses in turn.
func moody(t *testing.T) *httptest.Server {
	var n atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader([]int{200, 200, 404, 503}[n.Add(1)%4])
	}))
	t.Cleanup(srv.Close)
	return srv
}

func TestReportPrintsWhatLoadPrinted(t *testing.T) {
	srv, dir := moody(t), t.TempDir()
	for i, args := range [][]string{
		{"--rate", "200", "--arrivals", "bursts:5", "--within", "1s", "--for", "1200ms"},
		{"--rate", "50", "--ratio", "0.9", "--within", "1s", "--for", "200ms"}, // which it cannot meet
		{"--connections", "2", "--for", "100ms"},
	} {
		file, verdict := filepath.Join(dir, fmt.Sprint(i, ".jsonl")), filepath.Join(dir, fmt.Sprint(i, ".json"))
		code, out, err := exec(t, append([]string{"load", srv.URL + "/x", "--record", file, "--json", verdict}, args...)...)
		again, outAgain, errAgain := exec(t, "report", file)
		if again != code || outAgain != out || errAgain != err {
			t.Errorf("%s: load exits with %d, %q, and prints\n%s\nreport with %d, %q\n%s", args, code, err, out, again, errAgain, outAgain)
		}
		if !strings.Contains(out, "404: ") || strings.Contains(out, "incomplete") {
			t.Errorf("%s: printed\n%s", args, out)
		}
		// 3, void, if this machine was too busy to send in time.
		if want := i == 1; (code == exitExpectation || code == exitVoid) != want {
			t.Errorf("%s: exit code %d, %q", args, code, err)
		}
		digest, e := os.ReadFile(verdict)
		if e != nil {
			t.Fatal(e)
		}
		again, outAgain, _ = exec(t, "report", file, "--json", "-")
		if again != code || outAgain != string(digest) || !strings.Contains(outAgain, `"record": "sha256:`) {
			t.Errorf("%s: load says\n%s\nreport exits with %d and says\n%s", args, digest, again, outAgain)
		}
		page := filepath.Join(dir, "page.html")
		again, _, errAgain = exec(t, "report", file, "--html", page)
		if _, e := os.Stat(page); again != exitUsage || !strings.Contains(errAgain, "plimsoll compare") || e == nil {
			t.Errorf("%s: a page is asked for, of which there is none: exit code %d, %q", args, again, errAgain)
		}
	}
}

func TestReportOnAPieceOfALoadSaysSo(t *testing.T) {
	srv, file := moody(t), filepath.Join(t.TempDir(), "run.jsonl")
	if code, out, err := exec(t, "load", srv.URL, "--rate", "100", "--for", "1500ms", "--record", file); code != 0 {
		t.Fatalf("exit code %d: %s%s", code, out, err)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	second := bytes.Index(whole, []byte(`{"kind":"second"`))
	for _, c := range []struct {
		why   string
		until int
		want  []string
	}{
		{"only its meta row", bytes.IndexByte(whole, '\n') + 1, []string{"of which the record has 0 s", "asked             0"}},
		{"in its first second", second, []string{"of which the record has 0 s", "asked             0"}},
		{"in its second one", second + bytes.IndexByte(whole[second:], '\n') + 50, []string{"of which the record has 1 s", "first 1s of 1.5s"}},
	} {
		if err := os.WriteFile(file, whole[:c.until], 0o600); err != nil {
			t.Fatal(err)
		}
		code, out, err := exec(t, "report", file)
		if code != exitOK || err != "" {
			t.Errorf("%s: exit code %d, %q", c.why, code, err)
		}
		for _, w := range append(c.want, "the record is incomplete") {
			if !strings.Contains(out, w) {
				t.Errorf("%s: %q is missing in\n%s", c.why, w, out)
			}
		}
	}
}

func TestReportSaysWhichRecordsItReads(t *testing.T) {
	file := filepath.Join(t.TempDir(), "run.jsonl")
	for content, want := range map[string]string{
		"": "the record has not begun",
		`{"kind":"meta","t":0,"format":"plimsoll.record/1","command":"dance"}` + "\n": `is a record of "plimsoll dance"; this program reads those of compare and load`,
		`{"kind":"meta","t":0,"format":"plimsoll.record/9","command":"load"}` + "\n":  `"plimsoll.record/9"`,
	} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, out, err := exec(t, "report", file); code != exitUsage || out != "" || !strings.Contains(err, want) {
			t.Errorf("%q: exit code %d, printed %q, error %q; want %q", content, code, out, err, want)
		}
	}
}

func TestAnInterruptedLoadPrintsWhatItMeasured(t *testing.T) {
	asked, first := make(chan struct{}), sync.Once{}
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { first.Do(func() { close(asked) }) }))
	defer srv.Close()
	cmd := plimsoll(t, "load", srv.URL, "--rate", "100", "--for", "1h", "--ratio", "0.99", "--within", "1ns", "--record", "run.jsonl",
		"-H", "Authorization: Bearer secret-1", "--header=Cookie:secret-2", "--body=secret-3", "-X", "GET")
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-asked:
	case <-time.After(time.Minute):
		t.Error("no request within a minute")
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted || stderr.String() != "plimsoll: interrupted\n" {
		t.Errorf("exit code %d, %q", code, &stderr)
	}
	if !strings.Contains(out.String(), "100/s, poisson arrivals, interrupted after ") || !strings.Contains(out.String(), "latency") {
		t.Errorf("printed\n%s", &out)
	}
	file := filepath.Join(cmd.Dir, "run.jsonl")
	// Not held against --ratio: it did not come to its end.
	if code, again, err := exec(t, "report", file); code != exitOK || again != out.String() || err != "" {
		t.Errorf("report exits with %d, %q, and prints\n%s\nload printed\n%s", code, err, again, &out)
	}
	rows, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(rows, []byte("secret")) || !bytes.Contains(rows, []byte(`"Authorization: …"`)) {
		t.Errorf("the first row is %s", rows[:bytes.IndexByte(rows, '\n')])
	}
}

func TestALoadThatCannotBeLeavesAnOldRecordAlone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "old.jsonl")
	if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{"http://127.0.0.1:1 --rate=-1", "http://127.0.0.1:1 --rate 1 -H Content-Length:1", "https://127.0.0.1:1 --rate 1", "http://127.0.0.1:1"} {
		if code, _, err := exec(t, append([]string{"load", "--record", file}, strings.Fields(args)...)...); code != exitUsage {
			t.Errorf("%s: exit code %d, %q", args, code, err)
		}
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != "old" {
		t.Errorf("%v, it holds %q", err, b)
	}
}

func TestALoadWithoutRoomForItsRecordSaysSo(t *testing.T) {
	for file, want := range map[string]string{"/nowhere/at/all.jsonl": "record: create", "/dev/full": "no space left"} {
		code, out, err := exec(t, "load", moody(t).URL, "--rate", "10", "--for", "100ms", "--record", file)
		if code != exitUsage || out != "" || !strings.Contains(err, want) {
			t.Errorf("%s: exit code %d, printed %q, error %q", file, code, out, err)
		}
	}
}

func TestALoadWhoseRecordBreaksOffIsStillPrinted(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	read := make(chan error, 1)
	go func() {
		f, err := os.Open(pipe)
		if err == nil {
			_, err = f.Read(make([]byte, 1))
			f.Close()
		}
		read <- err
	}()
	code, out, err := exec(t, "load", moody(t).URL, "--rate", "100", "--for", "200ms", "--record", pipe)
	if code != exitUsage || !strings.Contains(out, "answered") || !strings.Contains(err, "broken pipe") {
		t.Errorf("exit code %d, error %q, printed\n%s", code, err, out)
	}
	if err := <-read; err != nil {
		t.Error(err)
	}
}

// The secrets of a URL are in nothing that is printed or kept of a load, and
// reach the service.
func TestALoadShowsItsURLWithoutSecrets(t *testing.T) {
	var others atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("token") != "hunter2" {
			others.Add(1)
		}
	}))
	defer srv.Close()
	dir := t.TempDir()
	file, verdict := filepath.Join(dir, "run.jsonl"), filepath.Join(dir, "run.json")
	for _, args := range [][]string{{"--json", verdict}, {"--json", verdict, "--record", file}} {
		args = append([]string{"load", srv.URL + "/x?a=1&token=hunter2", "--rate", "50", "--for", "200ms"}, args...)
		out, err := plimsoll(t, args...).CombinedOutput()
		if err != nil || strings.Contains(string(out), "hunter2") || !strings.Contains(string(out), srv.URL+"/x?a=1&token=… for 200ms") {
			t.Errorf("%v, printed\n%s", err, out)
		}
		if b, err := os.ReadFile(verdict); err != nil || bytes.Contains(b, []byte("hunter2")) {
			t.Errorf("%v, the result is\n%s", err, b)
		}
	}
	if n := others.Load(); n > 0 {
		t.Errorf("%d requests did not have their token", n)
	}
	if b, err := os.ReadFile(file); err != nil || bytes.Contains(b, []byte("hunter2")) {
		t.Errorf("%v, the record is\n%s", err, b)
	}
	if code, out, err := exec(t, "report", file); code != exitOK || err != "" || !strings.Contains(out, "/x?a=1&token=… for 200ms") {
		t.Errorf("report exits with %d, %q, and prints\n%s", code, err, out)
	}
}

func TestArgumentsAreShownWithoutSecrets(t *testing.T) {
	for in, want := range map[string]string{
		"load http://a?b=c --rate 5":                             "load http://a?b=c --rate 5",
		"-H A:secret --header B:secret -c 1":                     "-H A: … --header B: … -c 1",
		"--header=A:secret -HB:secret --rate=1":                  "--header=A: … -H=B: … --rate=1",
		"--body secret --body=a:secret":                          "--body … --body=…",
		"probe --heavy http://me:secret@a/?token=secret&ms={ms}": "probe --heavy http://…@a/?token=…&ms={ms}",
		"--heavy=http://a/?x=y&sig=secret --canary http://a/ok":  "--heavy=http://a/?x=y&sig=… --canary http://a/ok",
		"--body @file -H secret":                                 "--body @file -H …",
		"--body -H -H A:secret":                                  "--body … -H A: …",
	} {
		if got := withoutSecrets(strings.Fields(in)); strings.Join(got, " ") != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

func TestTheTitleSaysWhatWasAskedFor(t *testing.T) {
	cfg := generator.Config{
		Target: "http://a", Routes: []generator.Route{{Path: "/x"}, {Path: "/y"}}, Arrivals: model.Arrivals{Kind: model.Bursts, Burst: 3},
		Stages: []model.Stage{{For: time.Second, Rate: 5, To: 10}, {For: time.Minute, Rate: 10}},
	}
	closed := cfg
	closed.Closed = 4
	for want, l := range map[string]loaded{
		"http://a/x, /y for 1m1s: 5/s to 10/s, 10/s, bursts:3 arrivals":                  {cfg: cfg},
		"http://a/x, /y for 1m1s: closed loop of 4 connections, interrupted after 1.5 s": {cfg: closed, sum: generator.Summary{End: generator.Cancelled, Elapsed: 1500 * time.Millisecond}},
	} {
		if got := l.title(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if back, err := parseArrivals(arrivalsText(cfg.Arrivals)); err != nil || !reflect.DeepEqual(back, cfg.Arrivals) {
		t.Errorf("%+v, %v", back, err)
	}
}

package main

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe"
)

// narrow is a service that lets n requests wait at once.
func narrow(t *testing.T, n int) *httptest.Server {
	places := make(chan struct{}, n)
	mux := http.NewServeMux()
	mux.HandleFunc("/heavy", func(w http.ResponseWriter, r *http.Request) {
		places <- struct{}{}
		defer func() { <-places }()
		select {
		case <-time.After(100 * time.Millisecond):
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("/canary", func(http.ResponseWriter, *http.Request) {})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// What probe prints, what it writes, and what report says of the record are the
// same, and a secret is in none of them.
func TestProbeAndReportSayTheSameAndKeepSecrets(t *testing.T) {
	t.Parallel() // it does not matter what is said
	s := narrow(t, 3)
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	if err := os.WriteFile(file("headers"), []byte("# who asks\nAuthorization: Bearer hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, err bytes.Buffer
	code := run([]string{"probe", "--heavy", s.URL + "/heavy", "--canary", s.URL + "/canary", "--max-concurrency", "8",
		"--header-file", file("headers"), "--record", file("r"), "--json", file("j"), "--html", file("h")}, streams{out: &out, err: &err})
	if code != exitOK && code != exitVoid { // a machine that is held up voids the measurement
		t.Fatalf("exit code %d: %s", code, &err)
	}
	var again, noise bytes.Buffer
	if got := run([]string{"report", file("r"), "--json", file("k"), "--html", file("i")}, streams{out: &again, err: &noise}); got != code {
		t.Fatalf("exit code of report %d: %s", got, &noise)
	}
	if again.String() != out.String() {
		t.Errorf("report says\n%s\nprobe said\n%s", &again, &out)
	}
	j, _ := os.ReadFile(file("j"))
	k, _ := os.ReadFile(file("k"))
	if len(j) == 0 || !bytes.Equal(j, k) {
		t.Errorf("report writes\n%s\nprobe wrote\n%s", k, j)
	}
	h, _ := os.ReadFile(file("h"))
	i, _ := os.ReadFile(file("i"))
	if len(h) == 0 || !bytes.Equal(h, i) {
		t.Errorf("the page of report differs from that of probe: %d and %d bytes", len(i), len(h))
	}
	var v probe.Verdict
	if e := json.Unmarshal(j, &v); e != nil || v.Schema != probe.Schema || v.Kind != "probe" || !strings.HasPrefix(v.Record, "sha256:") {
		t.Errorf("verdict %s: %v", j, e)
	}
	r, _ := os.ReadFile(file("r"))
	for name, text := range map[string][]byte{"table": out.Bytes(), "progress": err.Bytes(), "record": r, "JSON": j, "page": h} {
		if bytes.Contains(text, []byte("hunter2")) {
			t.Errorf("the secret is in the %s", name)
		}
	}
}

func TestProbeSaysWhatToWriteInstead(t *testing.T) {
	s := narrow(t, 3)
	plain := httptest.NewServer(http.RedirectHandler("https://elsewhere.example/login", http.StatusFound))
	t.Cleanup(plain.Close)
	login := httptest.NewServer(http.RedirectHandler("https://elsewhere.example/login?ticket=hunter2", http.StatusFound))
	t.Cleanup(login.Close)
	secured := protected(t, &tls.Config{})
	modern := protected(t, &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		return &tls.Config{Certificates: secured.TLS.Certificates, NextProtos: []string{"h3"}}, nil
	}})
	mutual := protected(t, &tls.Config{ClientAuth: tls.RequireAnyClientCert})
	host := strings.TrimPrefix(s.URL, "http://")
	_, port, _ := strings.Cut(host, ":")
	bad := filepath.Join(t.TempDir(), "headers")
	if err := os.WriteFile(bad, []byte("hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--heavy", "127.0.0.1:80/x"}, "write http://HOST:PORT/PATH"},
		{[]string{"--heavy", s.URL + "/nowhere"}, "404"},
		{[]string{"--heavy", plain.URL}, "redirect (302) to https://elsewhere.example/login"},
		{[]string{"--heavy", "http://127.0.0.1:1/"}, "nothing listens at 127.0.0.1:1"},
		{[]string{"--heavy", "http://192.0.2.1/"}, "--i-am-authorised"},
		{[]string{"--heavy", s.URL + "/heavy", "-X", "POST"}, "--allow-unsafe"},
		{[]string{"--heavy", s.URL + "/heavy", "--header-file", bad}, "line 1, is not a header"},
		{[]string{"--heavy", s.URL + "/heavy", "--max-concurrency", "1"}, "from 2 to 10000"},
		{[]string{"--heavy", s.URL + "/heavy", "--json", "/nowhere/at/all"}, "write result"},
		{[]string{"--heavy", s.URL + "/heavy", "--html", "/nowhere/at/all"}, "write result"},
		{[]string{"--heavy", s.URL + "/heavy", "--pid", "4194305"}, "--pid=4194305: "},
		{[]string{"--heavy", s.URL + "/heavy", "--pid", "0"}, "write the number of the one that listens"},
		{[]string{"--heavy", s.URL + "/heavy", "--pid=-1"}, "write the number of the one that listens"},
		{[]string{"--heavy", s.URL + "/heavy", "--pid", ""}, "write the number of the one that listens"},
		{[]string{"--heavy", s.URL + "/heavy", "--pid", "12\n13"}, "write the number of the one that listens"},
		{[]string{"--heavy", s.URL + "/heavy", "--canary", s.URL + "/heavy"}, "are the same; write a cheap route"},
		{[]string{"--heavy", "http://0.0.0.0:" + port + "/heavy"}, "write the one to ask, as 127.0.0.1"},
		{[]string{"--heavy", "http://me:hunter2@" + host + "/heavy"}, "for --header-file"},
		{[]string{"--heavy", "http://me:hun/ter2@" + host + "/heavy"}, "for --header-file"},
		{[]string{s.URL + "/?token=hunter2"}, "unexpected argument " + s.URL + "/?token=…"},
		{[]string{"--heavy", login.URL}, "redirect (302) to https://elsewhere.example/login?…; write the URL where the work is done"},
		{[]string{"--heavy", "https://" + host + "/heavy"}, "does not speak TLS; write http://"},
		{[]string{"--heavy", secured.URL}, "shows a certificate that this machine does not trust: x509: "},
		{[]string{"--heavy", secured.URL}, "write --insecure"},
		{[]string{"--heavy", strings.Replace(secured.URL, "https:", "http:", 1)}, "does it expect TLS (https://)"},
		{[]string{"--heavy", modern.URL, "--insecure"}, "does not offer HTTP/1.1"},
		{[]string{"--heavy", mutual.URL, "--insecure"}, "wants a certificate of who asks"},
		{[]string{"--heavy", s.URL + "/heavy", "--metrics", "http://192.0.2.1/metrics"}, "--i-am-authorised"},
		{[]string{"--heavy", s.URL + "/heavy", "--metrics", "localhost/metrics"}, "write http://HOST:PORT/PATH"},
		{[]string{"--heavy", s.URL + "/heavy?ms={ms}", "--ms", "100-400"}, "as 100..400"},
		{[]string{"--heavy", s.URL + "/heavy?ms={ms}", "--ms", "0..400"}, "as 100..400"},
		{[]string{"--heavy", s.URL + "/heavy", "--ms", "50..400"}, "{ms} in --heavy, which has none"},
		{nil, "--heavy"},
	} {
		var out, err bytes.Buffer
		code := run(append([]string{"probe"}, c.args...), streams{out: &out, err: &err})
		if code != exitUsage || !strings.Contains(err.String(), c.want) || strings.Contains(err.String(), "hunter2") {
			t.Errorf("%q: exit code %d, %s; want …%s…", c.args, code, &err, c.want)
		}
	}
}

// protected is a service behind TLS, with a certificate that nobody trusts.
func protected(t *testing.T, cfg *tls.Config) *httptest.Server {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.TLS, s.Config.ErrorLog = cfg, log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// A certificate that is not trusted is taken if that is meant; the record says so.
func TestACertificateThatIsMeantIsTaken(t *testing.T) {
	s := protected(t, &tls.Config{})
	file := filepath.Join(t.TempDir(), "r")
	var out, err bytes.Buffer
	code := run([]string{"probe", "--heavy", s.URL, "--insecure", "--max-time", "30s", "--max-concurrency", "2", "--record", file}, streams{out: &out, err: &err})
	text, _ := os.ReadFile(file)
	if code != exitOK && code != exitVoid || !bytes.Contains(text, []byte(`"insecure":true`)) {
		t.Errorf("exit code %d: %s", code, &err)
	}
}

// What a header file holds is for the service: metrics and canaries
// elsewhere do not get it.
func TestWhatIsElsewhereGetsNoCredentials(t *testing.T) {
	file := filepath.Join(t.TempDir(), "headers")
	if err := os.WriteFile(file, []byte("Authorization: Bearer secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for metrics, sent := range map[string]bool{
		"http://shop.test:9090/metrics":  true, // as an application and its metrics are
		"http://SHOP.test/metrics":       true,
		"https://shop.test/metrics":      false,
		"http://prometheus.test/metrics": false,
	} {
		cfg, err := (&probeCmd{Heavy: "http://shop.test/slow", Metrics: metrics, HeaderFile: file}).config()
		if err != nil {
			t.Fatal(err)
		}
		if got := cfg.Metrics.Header.Get("Authorization") != ""; got != sent {
			t.Errorf("%s: sent %v", metrics, got)
		}
		if cfg, err = (&probeCmd{Heavy: "http://shop.test/slow", Canary: metrics, HeaderFile: file}).config(); err != nil {
			t.Fatal(err)
		}
		if got := cfg.Canary.Header.Get("Authorization") != ""; got != sent {
			t.Errorf("as a canary %s: sent %v", metrics, got)
		}
	}
}

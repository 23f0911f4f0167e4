package probe

import (
	"bytes"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
	"github.com/plimsoll-dev/plimsoll/record"
)

// What lets somebody in through a URL reaches the service, and neither the record,
// nor the verdict, nor the workload that is fitted to it. What else was asked for
// is in all of them.
func TestSecretsOfURLsStayOutOfEverythingThatIsWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		s := responder.New(1, func(c *responder.Call, next func()) {
			if c.Request.URL.Query().Get("api_key") == "hunter2" {
				asked.Add(1)
			}
			next()
		}, responder.Page("/metrics", 200, plainText, func() string { return "process_open_fds 3\n" }), responder.Pool(3), responder.Wait(200*ms, 0, ms))
		var file bytes.Buffer
		const query = "?tenant=7&api_key=hunter2"
		if err := Run(t.Context(), Config{
			Heavy: Request{URL: "http://s/heavy" + query}, Canary: &Request{URL: "http://s/canary" + query}, Metrics: &Request{URL: "http://s/metrics" + query},
			MaxConcurrency: 32, Dial: s.Dial,
		}, record.NewWriter(&file), record.Meta{}); err != nil {
			t.Fatal(err)
		}
		if int(asked.Load()) != s.Requests() {
			t.Errorf("%d of %d requests had their key", asked.Load(), s.Requests())
		}
		text := bytes.Clone(file.Bytes())
		h := new(History)
		if _, err := record.Read(&file, h.Add); err != nil {
			t.Fatal(err)
		}
		fitted, err := Fit(h)
		if err != nil {
			t.Fatal(err)
		}
		v := Judge(h)
		if want := "http://s/heavy?tenant=7&api_key=…"; v.Target != want || !bytes.Contains(fitted, []byte(want)) {
			t.Errorf("the target is %s, want %s; fitted:\n%s", v.Target, want, fitted)
		}
		for name, b := range map[string][]byte{"record": text, "workload": fitted} {
			if bytes.Contains(b, []byte("hunter2")) {
				t.Errorf("the %s has the key", name)
			}
		}
	})
}

func TestWhatIsWrongWithAURLIsSaidWithoutItsSecrets(t *testing.T) {
	for _, url := range []string{
		"http://me:hunter2@s/", "https://hunter2@s/", "http://me:hunter2/x@s/", "http://me:hunter2?x@s/", "me:hunter2@s/", "ftp://me:hunter2@s/",
		"ftp://s/?token=hunter2", "http:///?token=hunter2", "http://:80/?token=hunter2", "http://s:port/?token=hunter2", "http://s/%zz?token=hunter2", "/x?token=hunter2",
	} {
		err := (&Config{Heavy: Request{URL: url}}).Check()
		if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "--heavy") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// Where a redirect leads is said, and not the ticket that it hands out, nor what
// a terminal would do with it.
func TestARedirectIsSaidWithoutItsTicket(t *testing.T) {
	for location, want := range map[string]string{
		"https://sso.test/login?ticket=hunter2":    "to https://sso.test/login?…; write the URL",
		"https://me:hunter2@sso.test/":             "to https://sso.test/; write",
		"/login;jsessionid=hunter2":                "to http://s/login;jsessionid=…; write",
		"https://sso.test/#access_token=hunter2":   "to https://sso.test/; write",
		"https://sso.test/\u009b2J\u202ehunter":    "to https://sso.test/",
		"https://sso.test/" + longPath + "hunter2": "a; write",
	} {
		resp := &http.Response{StatusCode: 302, Header: http.Header{"Location": {location}}}
		resp.Request, _ = http.NewRequest("GET", "http://s/heavy", nil)
		err := usable(resp)
		if err == nil || strings.Contains(err.Error(), "hunter2") || strings.ContainsAny(err.Error(), "\u009b\u202e") || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want …%s…", location, err, want)
		}
	}
}

var longPath = strings.Repeat("a", 1<<16)

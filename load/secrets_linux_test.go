package load

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
)

// What lets somebody in through a path reaches the service, and neither the
// record nor anything that is shown of the run or of its record. Two routes are
// told apart in all of them.
func TestSecretsOfPathsStayOutOfEverythingThatIsWritten(t *testing.T) {
	asked := make(chan string, 1000)
	target := server(t, func(p *peer) {
		for {
			req, _, err := p.request()
			if err != nil {
				return
			}
			asked <- req.URL.Query().Get("api_key")
			p.say(ok)
		}
	})
	run, file := recorded(t, t.Context(), Config{
		Target: target, Routes: []Route{{Path: "/a?tenant=7&api_key=hunter2"}, {Path: "/b;sid=hunter2?api_key=hunter2"}},
		Stages: []model.Stage{{For: 200 * time.Millisecond, Rate: 200}},
	})
	if len(asked) == 0 {
		t.Fatal("nothing was asked")
	}
	for range len(asked) {
		if key := <-asked; key != "hunter2" {
			t.Errorf("the service was given the key %q", key)
		}
	}
	r := replay(t, file)
	again := r.Summary()
	for what, shown := range map[string]string{"record": string(bytes.ReplaceAll(file, []byte(`\u0026`), []byte("&"))), "run": text(t, &run, 0), "replay": text(t, &again, 0)} {
		if strings.Contains(shown, "hunter2") {
			t.Errorf("the %s shows the secret:\n%s", what, shown)
		}
		for _, name := range []string{"/a?tenant=7&api_key=…", "/b;sid=…?api_key=…"} {
			if !strings.Contains(shown, name) {
				t.Errorf("the %s does not have %s:\n%s", what, name, shown)
			}
		}
	}
	if got := r.Config.Routes[1].Path; got != "/b;sid=…?api_key=…" {
		t.Errorf("the path in the record is %s", got)
	}
}

func TestWhatIsWrongWithATargetIsSaidWithoutItsSecrets(t *testing.T) {
	for _, url := range []string{
		"me:hunter2@s/", "http://me:hunter2@s/", "http://hunter2@s/", "http://me:hunter2/x@s/", "ftp://me:hunter2@s/", "127.0.0.1/x?token=hunter2",
		"/x?token=hunter2", "https://s/?token=hunter2", "ftp://s/?token=hunter2", "http:///?token=hunter2", "http://:80/?token=hunter2",
		"http://s:port/?token=hunter2", "http://s/%zz?token=hunter2", "http://s/#token=hunter2",
	} {
		if _, _, err := SplitURL(url); err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "target") {
			t.Errorf("%s: %v", url, err)
		}
	}
	for want, r := range map[string]Route{
		"write it as %20":       {Path: "/a b?token=hunter2"},
		"does not begin with":   {Path: "a?token=hunter2"},
		"has a control charact": {Path: "/", Header: []Header{{"Authorization", "hunter2\n"}}},
		"is not a token":        {Path: "/?token=hunter2", Method: "("},
	} {
		err := Config{Target: "http://s", Routes: []Route{r}, Stages: []model.Stage{{For: time.Second, Rate: 1}}}.Check()
		if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want …%s…", r, err, want)
		}
	}
}

package page

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe"
)

// viewer shows the page as a screen of some width does and says what it sees.
// Its script measures from outside: the page itself may have none.
const viewer = `<!DOCTYPE html><link rel="icon" href="data:,"><body style="margin:0"><iframe id="f" src="/page.html" style="border:0;width:%dpx;height:800px"></iframe><pre id="out"></pre><script>
document.getElementById("f").onload = e => {
  const d = e.target.contentDocument, w = d.documentElement;
  d.querySelectorAll("details").forEach(x => x.open = true);
  const seen = x => x.getClientRects().length > 0;
  const wider = [...d.querySelectorAll("body *")].filter(x => seen(x) && !x.closest(".scroll, pre, svg, .skip") && x.getBoundingClientRect().right > w.clientWidth + 0.5);
  const small = [...d.querySelectorAll("svg text")].filter(x => seen(x) && x.getBoundingClientRect().height < 9);
  const outside = [...d.querySelectorAll("svg[role=img] text")].filter(x => { const t = x.getBoundingClientRect(), s = x.ownerSVGElement.getBoundingClientRect(); return seen(x) && (t.left < s.left - 2 || t.right > s.right + 2); });
  const over = [];
  for (const s of d.querySelectorAll("svg[role=img]")) {
    const texts = [...s.querySelectorAll("text")].filter(seen).map(x => [x.textContent, x.getBoundingClientRect()]);
    texts.forEach(([a, p], i) => texts.slice(i + 1).forEach(([b, q]) => {
      if (Math.min(p.right, q.right) - Math.max(p.left, q.left) > 2 && Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) > 4) over.push(a + " / " + b);
    }));
  }
  document.getElementById("out").textContent = JSON.stringify({
    width: w.clientWidth, scroll: w.scrollWidth, wider: wider.slice(0, 5).map(x => x.outerHTML.slice(0, 200)),
    tables: [...d.querySelectorAll("table")].filter(seen).length, charts: [...d.querySelectorAll("svg[role=img]")].filter(seen).length,
    small: small.slice(0, 5).map(x => x.textContent), outside: outside.slice(0, 5).map(x => x.textContent), over: over.slice(0, 8),
    background: getComputedStyle(d.body).backgroundColor, focusable: [...d.querySelectorAll("summary, [tabindex]")].filter(x => x.tabIndex >= 0).length,
  });
};
</script>`

// seen is what the viewer says, and what the browser did besides.
type seen struct {
	Width, Scroll         int
	Wider, Small, Outside []string
	Over                  []string // texts that lie over one another
	Tables, Charts        int
	Background            string
	Focusable             int

	console  []string
	requests []string
}

var (
	consoleLine = regexp.MustCompile(`(?m)^.*:CONSOLE.*$`)
	said        = regexp.MustCompile(`(?s)<pre id="out">(.*?)</pre>`)
)

// ofTheBrowser are hosts that Chromium asks of its own accord, whatever it shows,
// and no page has a reason to.
var ofTheBrowser = map[string]bool{
	"clients2.google.com": true, "update.googleapis.com": true, "accounts.google.com": true, "optimizationguide-pa.googleapis.com": true,
}

// browse loads a page in a real Chromium, at that width, dark or light. Every
// request to any host comes to a server here.
func browse(t *testing.T, page string, width int, dark bool) seen {
	t.Helper()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed (Debian: chromium)")
	}
	var mu sync.Mutex
	var got seen
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !ofTheBrowser[r.Host] {
			mu.Lock()
			got.requests = append(got.requests, r.Host+r.URL.Path)
			mu.Unlock()
		}
		switch r.URL.Path {
		case "/frame.html":
			fmt.Fprintf(w, viewer, width)
		case "/page.html":
			_, _ = w.Write([]byte(page))
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	scheme := "preferredColorScheme=1"
	if dark {
		scheme = "preferredColorScheme=0"
	}
	address := strings.TrimPrefix(server.URL, "http://")
	cmd := exec.CommandContext(ctx, chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-extensions", "--disable-dev-shm-usage", "--user-data-dir="+t.TempDir(), "--blink-settings="+scheme,
		"--host-resolver-rules=MAP * "+address, "--enable-logging=stderr", "--virtual-time-budget=5000", "--window-size=1200,900", "--dump-dom", server.URL+"/frame.html")
	var out, log strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Run(); err != nil {
		t.Fatalf("chromium: %v\n%s", err, &log)
	}
	m := said.FindStringSubmatch(out.String())
	if m == nil || m[1] == "" {
		t.Fatalf("the viewer says nothing.\n%s\n%s", &out, &log)
	}
	mu.Lock()
	defer mu.Unlock()
	if err := json.Unmarshal([]byte(html.UnescapeString(m[1])), &got); err != nil {
		t.Fatal(err)
	}
	got.console = consoleLine.FindAllString(log.String(), -1)
	for i, r := range got.requests {
		got.requests[i] = strings.TrimPrefix(r, address)
	}
	return got
}

func TestInABrowser(t *testing.T) {
	everything, _ := everything(t).page()
	rates, _ := rated(t, desk(t), "loop", "vthread").page()
	claims := claimsPage(t, suite(t))
	probed := func(n int, shared, refuses bool, kind probe.Kind) string {
		s := probedTarget(t, n, shared, refuses)
		return s.page(s.found(kind))
	}
	pool, sheds := probed(10, true, false, probe.SharedPool), probed(40, false, true, probe.Shedding)
	loop, none := probed(1, true, false, probe.Serial), probed(0, false, false, probe.None)
	planned := plannedPage(t, nil)
	backgrounds := map[string]bool{}
	for _, screen := range []struct {
		name  string
		html  string
		width int
		dark  bool
	}{
		{"phone", everything, 360, false}, {"phone, dark", everything, 360, true}, {"between", everything, 800, false}, {"wide", everything, 1400, false},
		{"rates, phone", rates, 360, false}, {"rates, wide", rates, 1400, false}, {"claims, phone", claims, 360, false}, {"claims, wide", claims, 1400, false},
		{"pool, phone", pool, 360, false}, {"pool, between, dark", pool, 800, true}, {"pool, wide", pool, 1400, false}, {"sheds, phone, dark", sheds, 360, true}, {"sheds, wide", sheds, 1400, false},
		{"loop, phone", loop, 360, false}, {"loop, wide", loop, 1400, false}, {"plan, phone", planned, 360, false}, {"plan, between, dark", planned, 800, true}, {"plan, wide", planned, 1400, false},
		{"none, phone", none, 360, false}, {"none, wide", none, 1400, false},
	} {
		t.Run(screen.name, func(t *testing.T) {
			got := browse(t, screen.html, screen.width, screen.dark)
			page := parsePage(t, screen.html)
			tables, charts := len(page.all("table")), 0
			for _, svg := range page.all("svg") {
				if svg.attr["role"] == "img" && !svg.has("wide") { // which stands for the narrow one
					charts++
				}
			}
			backgrounds[got.Background] = true
			if len(got.console) > 0 {
				t.Errorf("the console says: %s", strings.Join(got.console, "\n"))
			}
			if strings.Join(got.requests, " ") != "/frame.html /page.html" {
				t.Errorf("requests: %q", got.requests)
			}
			if got.Scroll > got.Width || len(got.Wider) > 0 {
				t.Errorf("%d pixels on a screen of %d; too wide are %q", got.Scroll, got.Width, got.Wider)
			}
			if len(got.Small) > 0 || len(got.Outside) > 0 {
				t.Errorf("text too small to read: %q; outside of its chart: %q", got.Small, got.Outside)
			}
			if len(got.Over) > 0 {
				t.Errorf("text over other text: %q", got.Over)
			}
			if got.Tables != tables || tables < 5 {
				t.Errorf("%d tables can be seen of %d", got.Tables, tables)
			}
			if got.Charts != charts || charts < 2 || got.Focusable < tables {
				t.Errorf("%d charts can be seen of %d; the keyboard reaches %d things, and there are %d tables", got.Charts, charts, got.Focusable, tables)
			}
		})
	}
	if len(backgrounds) != 2 && !t.Failed() {
		t.Errorf("light and dark have the backgrounds %v", backgrounds)
	}
}

// What the browser test looks for, it finds where it is planted.
func TestTheBrowserSeesWhatIsWrong(t *testing.T) {
	html, _ := recorded(t, plan{engine: "loop", passed: []float64{100}}).page()
	if bad := browse(t, strings.Replace(html, "<main>", `<main><img src="http://example.com/pixel.png"><p style="color:red">no</p>`, 1), 360, false); len(bad.console) < 2 {
		t.Errorf("the page's policy let a foreign picture or a foreign style pass; the console says %q", bad.console)
	}
	free := regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`).ReplaceAllString(html, "")
	if free == html {
		t.Fatal("the page has no policy")
	}
	bad := browse(t, strings.Replace(free, "<main>", `<main><img src="http://example.com/pixel.png"><div style="width:500px">wide</div><svg role="img" width="99" height="30"><text y="20">one</text><text x="3" y="22">two</text></svg>`, 1), 360, false)
	if len(bad.requests) != 3 || bad.requests[2] != "example.com/pixel.png" {
		t.Errorf("requests: %q", bad.requests)
	}
	if len(bad.Over) != 1 || bad.Over[0] != "one / two" {
		t.Errorf("text over text: %q", bad.Over)
	}
	if bad.Scroll <= bad.Width || len(bad.Wider) == 0 {
		t.Errorf("something 500 pixels wide was not seen on a screen of %d", bad.Width)
	}
}

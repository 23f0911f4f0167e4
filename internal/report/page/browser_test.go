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
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	planning "github.com/plimsoll-dev/plimsoll/internal/plan"
	"github.com/plimsoll-dev/plimsoll/probe"
)

// viewer shows each page as a screen of some width does, one below the other, and
// says what it sees. Its script measures from outside: the pages may have none.
const viewer = `<!DOCTYPE html><link rel="icon" href="data:,"><body style="margin:0">%s<pre id="out"></pre><script>
const look = d => {
  const w = d.documentElement;
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
  return {
    width: w.clientWidth, scroll: w.scrollWidth, wider: wider.slice(0, 5).map(x => x.outerHTML.slice(0, 200)),
    tables: [...d.querySelectorAll("table")].filter(seen).length, charts: [...d.querySelectorAll("svg[role=img]")].filter(seen).length,
    small: small.slice(0, 5).map(x => x.textContent), outside: outside.slice(0, 5).map(x => x.textContent), over: over.slice(0, 8),
    background: getComputedStyle(d.body).backgroundColor, focusable: [...d.querySelectorAll("summary, [tabindex]")].filter(x => x.tabIndex >= 0).length,
  };
};
const frames = [...document.querySelectorAll("iframe")];
const screens = [];
let left = frames.length;
frames.forEach((f, i) => {
    const show = () => {
      screens[i] = look(f.contentDocument);
      if (--left == 0) document.getElementById("out").textContent = JSON.stringify(screens);
    };
    const d = f.contentDocument;
    if (d && d.readyState == "complete" && d.location.href != "about:blank") show(); // it was quicker than this script
    else f.onload = show;
  });
</script>`

// A screen is a page as it is looked at.
type screen struct {
	name  string
	html  string
	width int
	dark  bool // screens of one browser are all so, or none
}

// seen is what the viewer says of a screen.
type seen struct {
	Width, Scroll         int
	Wider, Small, Outside []string
	Over                  []string // texts that lie over one another
	Tables, Charts        int
	Background            string
	Focusable             int
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

// browse has a real Chromium show pages, and returns what it sees of each, what its
// console says, and what it asks for, in alphabetical order. Every request to any
// host comes to a server here.
func browse(t *testing.T, screens ...screen) (all []seen, console, requests []string) {
	t.Helper()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed (Debian: chromium)")
	}
	var frames strings.Builder
	pages := map[string]string{}
	for i, s := range screens {
		path := fmt.Sprintf("/%d.html", i)
		pages[path] = s.html
		fmt.Fprintf(&frames, `<iframe src="%s" style="display:block;border:0;width:%dpx;height:800px"></iframe>`, path, s.width)
	}
	var mu sync.Mutex // guards requests
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !ofTheBrowser[r.Host] {
			mu.Lock()
			requests = append(requests, r.Host+r.URL.Path)
			mu.Unlock()
		}
		if page, ok := pages[r.URL.Path]; ok {
			_, _ = w.Write([]byte(page))
		} else if r.URL.Path == "/viewer" {
			fmt.Fprintf(w, viewer, &frames)
		} else {
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	scheme := "preferredColorScheme=1"
	if screens[0].dark {
		scheme = "preferredColorScheme=0"
	}
	address := strings.TrimPrefix(server.URL, "http://")
	cmd := exec.CommandContext(ctx, chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-extensions", "--disable-dev-shm-usage", "--user-data-dir="+t.TempDir(), "--blink-settings="+scheme,
		"--host-resolver-rules=MAP * "+address, "--enable-logging=stderr", "--virtual-time-budget=5000", "--window-size=1500,900", "--dump-dom", server.URL+"/viewer")
	var out, log strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Run(); err != nil {
		t.Fatalf("chromium: %v\n%s", err, &log)
	}
	m := said.FindStringSubmatch(out.String())
	if m == nil || m[1] == "" {
		t.Fatalf("the viewer says nothing.\n%s\n%s", &out, &log)
	}
	if err := json.Unmarshal([]byte(html.UnescapeString(m[1])), &all); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	for i, r := range requests {
		requests[i] = strings.TrimPrefix(r, address)
	}
	slices.Sort(requests)
	return all, consoleLine.FindAllString(log.String(), -1), requests
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
	named := plannedPage(t, func(p *planning.Plan) {
		p.Grids[0].Keys = []string{"recommendations-database.size", "checkout-connections.size"}
	})
	var backgrounds []string
	for _, screens := range [][]screen{
		{
			{"phone", everything, 360, false}, {"between", everything, 800, false}, {"wide", everything, 1400, false},
			{"rates, phone", rates, 360, false}, {"rates, wide", rates, 1400, false}, {"claims, phone", claims, 360, false}, {"claims, wide", claims, 1400, false},
			{"pool, phone", pool, 360, false}, {"pool, wide", pool, 1400, false}, {"sheds, wide", sheds, 1400, false},
			{"loop, phone", loop, 360, false}, {"loop, wide", loop, 1400, false}, {"plan, phone", planned, 360, false}, {"plan, wide", planned, 1400, false},
			{"plan of long names, phone", named, 360, false},
			{"none, phone", none, 360, false}, {"none, wide", none, 1400, false},
		},
		{{"phone, dark", everything, 360, true}, {"pool, between, dark", pool, 800, true}, {"sheds, phone, dark", sheds, 360, true}, {"plan, between, dark", planned, 800, true}},
	} {
		all, console, requests := browse(t, screens...)
		if len(console) > 0 {
			t.Errorf("the console says: %s", strings.Join(console, "\n"))
		}
		if len(requests) != len(screens)+1 || requests[len(screens)] != "/viewer" {
			t.Errorf("for %d pages there were the requests %q", len(screens), requests)
		}
		for i, screen := range screens {
			t.Run(screen.name, func(t *testing.T) { screen.check(t, all[i]) })
			if !slices.Contains(backgrounds, all[i].Background) {
				backgrounds = append(backgrounds, all[i].Background)
			}
		}
		if len(backgrounds) != 1 && !screens[0].dark || len(backgrounds) != 2 && screens[0].dark {
			t.Errorf("light and dark have the backgrounds %v", backgrounds)
		}
	}
}

// check compares what is seen with what there is.
func (s *screen) check(t *testing.T, got seen) {
	page := parsePage(t, s.html)
	tables, charts := len(page.all("table")), 0
	for _, svg := range page.all("svg") {
		if svg.attr["role"] == "img" && !svg.has("wide") { // which stands for the narrow one
			charts++
		}
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
}

// What the browser test looks for, it finds where it is planted, and on that page
// only.
func TestTheBrowserSeesWhatIsWrong(t *testing.T) {
	html, _ := recorded(t, plan{engine: "loop", passed: []float64{100}}).page()
	if _, console, _ := browse(t, screen{html: strings.Replace(html, "<main>", `<main><img src="http://example.com/pixel.png"><p style="color:red">no</p>`, 1), width: 360}); len(console) < 2 {
		t.Errorf("the page's policy let a foreign picture or a foreign style pass; the console says %q", console)
	}
	free := regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`).ReplaceAllString(html, "")
	if free == html {
		t.Fatal("the page has no policy")
	}
	bad := strings.Replace(free, "<main>", `<main><img src="http://example.com/pixel.png"><div style="width:500px">wide</div><svg role="img" width="99" height="30"><text y="20">one</text><text x="3" y="22">two</text></svg>`, 1)
	all, _, requests := browse(t, screen{html: html, width: 360}, screen{html: bad, width: 360}, screen{html: bad, width: 1400})
	if want := []string{"/0.html", "/1.html", "/2.html", "/viewer", "example.com/pixel.png"}; !slices.Equal(slices.Compact(requests), want) {
		t.Errorf("requests: %q", requests)
	}
	good, narrow, wide := all[0], all[1], all[2]
	if len(good.Over) > 0 || len(narrow.Over) != 1 || narrow.Over[0] != "one / two" || len(wide.Over) != 1 {
		t.Errorf("text over text: %q, %q, %q", good.Over, narrow.Over, wide.Over)
	}
	if good.Scroll > good.Width || narrow.Scroll <= narrow.Width || len(narrow.Wider) == 0 || wide.Scroll > wide.Width {
		t.Errorf("something 500 pixels wide: %d of %d pixels without it, %d of %d with it, %d of %d on a wide screen", good.Scroll, good.Width, narrow.Scroll, narrow.Width, wide.Scroll, wide.Width)
	}
}

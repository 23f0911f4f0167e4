package importer

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/importer/span"
	"github.com/plimsoll-dev/plimsoll/model"
)

// spansOf reads a trace of lines: ID PARENT KIND START END [SERVICE], times in
// milliseconds. Clients wait for a peer called as their ID is.
func spansOf(t *testing.T, text string) (out []span.Span) {
	t.Helper()
	kinds := map[string]span.Kind{"server": span.Server, "client": span.Client, "internal": span.Internal, "consumer": span.Consumer, "producer": span.Producer}
	for line := range strings.Lines(strings.TrimSpace(text)) {
		var id, parent, start, end int
		var kind, service string
		if n, err := fmt.Sscan(line, &id, &parent, &kind, &start, &end, &service); n < 5 {
			t.Fatalf("%q: %v", line, err)
		}
		if service == "" {
			service = "shop"
		}
		s := span.Span{
			Trace: span.TraceID{15: 1}, ID: span.ID{7: byte(id)}, Parent: span.ID{7: byte(parent)}, Service: service, Name: "get", Kind: kinds[kind],
			Start: time.Hour + time.Duration(start)*time.Millisecond, End: time.Hour + time.Duration(end)*time.Millisecond, Attrs: span.Attrs{},
		}
		switch {
		case end == 0:
			s.End = 0
		case s.Kind == span.Server:
			s.Attrs["http.route"] = "/" + service
		}
		if s.Kind.Waits() {
			s.Attrs["server.address"], s.Name = fmt.Sprintf("peer%d", id), ""
		}
		out = append(out, s)
	}
	return out
}

// Each is what a request of 100 ms has recorded beside its own span.
func TestTreesBecomeSteps(t *testing.T) {
	for _, c := range []struct{ name, spans, want, lost string }{
		{"one wait", `2 1 client 10 90`, "compute, await peer2, compute", ""},
		{"no wait", ``, "compute", ""},
		{"waits that touch are one after another", `2 1 client 0 50
			3 1 client 49 100`, "await peer2, await peer3", ""},
		{"waits that overlap are parallel", `2 1 client 0 60
			3 1 client 0 100`, "parallel(await peer2 | await peer3)", ""},
		{"what follows in one branch stays in it", `2 1 client 0 100
			3 1 client 0 40
			4 1 client 40 90`, "parallel(await peer2 | await peer3, await peer4)", ""},
		{"a staircase is two strands", `2 1 client 0 40
			3 1 client 20 60
			4 1 client 40 80
			5 1 client 60 100`, "parallel(await peer2, await peer4 | compute, await peer3, await peer5)", ""},
		{"work beside a wait is a branch", `2 1 client 0 100
			3 1 internal 0 80`, "parallel(await peer2 | compute)", ""},
		{"work beside work is own time", `2 1 internal 0 100
			3 1 internal 0 80`, "compute", ""},
		{"internal spans are descended into", `2 1 internal 0 50
			3 2 client 0 20
			4 2 client 20 50
			5 1 client 50 100`, "await peer3, await peer4, await peer5", ""},
		{"concurrent internal spans keep their order", `2 1 internal 0 100
			3 1 internal 0 100
			4 2 client 0 50
			5 2 client 50 100
			6 3 client 0 100`, "parallel(await peer4, await peer5 | await peer6)", ""},
		{"nested parallels", `2 1 internal 0 100
			3 1 client 0 100
			4 2 client 0 100
			5 2 client 0 100`, "parallel(await peer3 | parallel(await peer4 | await peer5))", ""},
		{"a server in a server is one request", `2 1 internal 0 100
			3 2 server 0 100
			4 3 client 0 100`, "await peer4", ""},
		{"a client in a client is one wait", `2 1 client 0 100
			3 2 client 0 90`, "await peer2", lostNested},
		{"what others record is part of the wait", `2 1 client 0 100
			3 2 server 10 90 other
			4 3 client 20 80 other`, "await peer2", ""},
		{"a callee without the caller's client", `2 1 server 10 90 other`, "compute, await other, compute", ""},
		{"clocks that differ", `2 1 client 0 100
			3 2 server 50 150 other`, "await peer2", lostSkew},
		{"work that goes on after the answer", `2 1 client 50 200`, "compute, await peer2", lostClipped},
		{"work that begins after the answer", `2 1 client 150 200`, "compute", lostAfter},
		{"an orphan", `2 9 client 0 50`, "compute", lostOrphan},
		{"a wait outside any request", `2 0 client 0 50`, "compute", lostOutside},
		{"a span that was not ended", `2 1 client 20 0`, "compute", lostOpen},
		{"a consumer", `2 1 producer 0 100
			3 2 consumer 0 100`, "await peer2", lostConsumer},
		{"the same identifier twice", `2 1 client 0 100
			2 1 client 5 100`, "await peer2", lostDuplicate},
		{"a cycle beside a request", `2 3 client 0 100
			3 2 internal 0 100`, "compute", lostCycle},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, res := mapped(t, spansOf(t, "1 0 server 0 100\n"+c.spans), Options{})
			if got := outline(w.Routes[0].Steps); got != c.want {
				t.Errorf("%s\nwant %s", got, c.want)
			}
			var lost []string
			for _, u := range res.Unmapped {
				lost = append(lost, u.What)
			}
			if strings.Join(lost, "; ") != c.lost {
				t.Errorf("not mapped: %q, want %q", lost, c.lost)
			}
			// No time is lost or found: what the document takes is what the request took.
			if !strings.Contains(res.Comments[""], "takes 100ms") {
				t.Errorf("the document does not take 100ms:\n%s", res.Comments[""])
			}
		})
	}
}

func TestARequestThatTookNoTimeComputes(t *testing.T) {
	if w, res := mapped(t, spansOf(t, "1 0 server 5 5"), Options{}); outline(w.Routes[0].Steps) != "compute" || len(res.Unmapped) > 0 {
		t.Errorf("%s, not mapped: %v", outline(w.Routes[0].Steps), res.Unmapped)
	}
}

func TestTracesWithoutRequestsGetASentence(t *testing.T) {
	for _, c := range []struct{ name, spans, service, want string }{
		{"no span", ``, "", "the file has no spans"},
		{"no server span", `2 1 client 0 50`, "", "none of the 1 spans is a server span"},
		{"a cycle", `1 2 server 0 100
			2 1 server 0 100`, "", `none of the server spans of "shop" can be used: 2 × spans that are their own ancestors`},
		{"its own parent", `1 1 server 0 100`, "", "their own ancestors"},
		{"not ended", `1 0 server 10 0`, "", "1 × spans that were not ended"},
		{"two days", `1 0 server 0 172800000`, "", "1 × spans of more than a day"},
		{"another service", `1 0 server 0 100`, "mine", "service \"mine\" has no server span\n  write one of shop"},
	} {
		tr := NewTraces("test")
		if c.spans != "" {
			for _, s := range spansOf(t, c.spans) {
				tr.Add(&s)
			}
		}
		_, err := tr.Workload(Options{Service: c.service, Waits: model.Await})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that says %q", c.name, err, c.want)
		}
	}
}

func TestThePathsOfRequestsBecomeTemplates(t *testing.T) {
	for path, want := range map[string]string{
		"/orders/4711/items/2":                          "/orders/{id}/items/{id}",
		"/u/9f1b6c1e-3b5d-4c7e-8a9b-0c1d2e3f4a5b":       "/u/{id}",
		"/blob/deadbeef01":                              "/blob/{id}",
		"/blob/deadbeef":                                "/blob/deadbeef",
		"/v1/users":                                     "/v1/users",
		"/report/2026-11-22":                            "/report/{id}",
		"/session/eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9": "/session/{id}",
		"/static/app.min.js":                            "/static/app.min.js",
		"/":                                             "/",
	} {
		if got := foldIDs(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	var paths []string
	for i := range maxSiblings + 1 {
		paths = append(paths, fmt.Sprintf("/user/%c/profile", 'a'+rune(i)))
	}
	paths = append(paths, "/health", "/user/a")
	got := foldNames(paths)
	for path, want := range map[string]string{"/user/c/profile": "/user/{name}/profile", "/user/a": "/user/{name}", "/health": "/health"} {
		if got[path] != want {
			t.Errorf("%s: %s, want %s", path, got[path], want)
		}
	}
}

func TestManyStatementsAreOneUpstreamAndSlowOnesAnother(t *testing.T) {
	var spans []span.Span
	add := func(i int, op string, took time.Duration) {
		s := span.Span{Trace: span.TraceID{14: byte(i >> 8), 15: byte(i)}, ID: span.ID{7: 1}, Service: "shop", Kind: span.Server, Start: time.Hour, End: time.Hour + took, Attrs: span.Attrs{"http.route": "/"}}
		c := s
		c.ID, c.Parent, c.Kind, c.Name, c.Attrs = span.ID{7: 2}, s.ID, span.Client, op, span.Attrs{"db.system": "mysql", "db.name": "shop"}
		spans = append(spans, s, c)
	}
	for i := range 60 {
		add(i, fmt.Sprintf("SELECT %d", i), 10*time.Millisecond)
	}
	if w, _ := mapped(t, spans, Options{}); outline(w.Routes[0].Steps) != "await mysql-shop" {
		t.Errorf("statements with data: %s", outline(w.Routes[0].Steps))
	}
	spans = nil
	for i := range 60 {
		add(i, []string{"SELECT", "REPORT"}[i%2], time.Duration(10+90*(i%2))*time.Millisecond)
	}
	if w, _ := mapped(t, spans, Options{}); outline(w.Routes[0].Steps) != "choice(await mysql-shop.REPORT | await mysql-shop.SELECT)" {
		t.Errorf("operations of different length: %s", outline(w.Routes[0].Steps))
	}
}

// A query in a loop, a request of everything at once, and spans inside spans inside
// spans: what no document can hold is left out, and it is said why.
func TestRequestsThatAreTooMuchAreLeftOutAndNamed(t *testing.T) {
	trace := func(id byte, n int, place func(i int) (parent int, kind span.Kind, start, end time.Duration)) (out []span.Span) {
		at := func(d time.Duration) time.Duration { return time.Hour + d }
		name := func(i int) (id span.ID) {
			binary.BigEndian.PutUint64(id[:], uint64(i+1))
			return id
		}
		root := span.Span{Trace: span.TraceID{15: id}, ID: name(0), Service: "shop", Kind: span.Server, Start: at(0), End: at(time.Second), Attrs: span.Attrs{"http.route": fmt.Sprintf("/r%d", id)}}
		out = append(out, root)
		for i := range n {
			parent, kind, start, end := place(i)
			out = append(out, span.Span{Trace: root.Trace, ID: name(i + 1), Parent: name(parent), Service: "shop", Kind: kind, Start: at(start), End: at(end), Attrs: span.Attrs{"server.address": "db"}})
		}
		return out
	}
	loop := trace(1, 500, func(i int) (int, span.Kind, time.Duration, time.Duration) {
		return 0, span.Client, time.Duration(2*i) * time.Millisecond, time.Duration(2*i+1) * time.Millisecond
	})
	wide := trace(2, 20_000, func(int) (int, span.Kind, time.Duration, time.Duration) {
		return 0, span.Client, time.Millisecond, 900 * time.Millisecond
	})
	deep := trace(3, 300_000, func(i int) (int, span.Kind, time.Duration, time.Duration) {
		return i, span.Internal, 0, time.Second
	})
	small := trace(4, 2, func(i int) (int, span.Kind, time.Duration, time.Duration) {
		return 0, span.Client, time.Duration(i) * time.Millisecond, time.Duration(i+1) * time.Millisecond
	})
	for name, c := range map[string]struct {
		spans []span.Span
		says  string // alone, and beside another route
	}{
		"a query in a loop":    {loop, "1 × " + lostLarge},
		"everything at once":   {wide, "1 × " + lostLarge},
		"inside of each other": {deep, "299001 × " + lostNesting},
	} {
		tr := NewTraces("test")
		for i := range c.spans {
			tr.Add(&c.spans[i])
		}
		res, err := tr.Workload(Options{Waits: model.Await})
		if name == "inside of each other" {
			if err != nil || outline(res.Workload.Routes[0].Steps) != "compute" || !strings.Contains(reasons(tallyOf(res)), c.says) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), "no route of \"shop\" fits into a document, which has at most 1000 steps: "+c.says) {
			t.Errorf("%s: %v", name, err)
		}
		w, res := mapped(t, slices.Concat(c.spans, small), Options{Waits: model.Await})
		if len(w.Routes) != 1 || w.Routes[0].Name != "r4" || !strings.Contains(reasons(tallyOf(res)), c.says) {
			t.Errorf("%s beside another: %d routes, %v", name, len(w.Routes), res.Unmapped)
		}
	}
}

// Half of a route's requests are not rare, however many steps they have.
func TestShapesThatAreTooLargeAreNotCalledRare(t *testing.T) {
	var spans []span.Span
	for i := range 10 {
		trace := span.TraceID{15: byte(i + 1)}
		spans = append(spans, span.Span{Trace: trace, ID: span.ID{0: 1}, Service: "shop", Kind: span.Server, Start: time.Hour, End: time.Hour + time.Second, Attrs: span.Attrs{"http.route": "/r"}})
		n := 1
		if i < 4 {
			n = 450
		}
		for k := range n {
			at := time.Hour + time.Duration(2*k)*time.Millisecond
			id := span.ID{0: 2}
			binary.BigEndian.PutUint32(id[4:], uint32(k))
			spans = append(spans, span.Span{Trace: trace, ID: id, Parent: span.ID{0: 1}, Service: "shop", Kind: span.Client, Start: at, End: at + time.Millisecond, Attrs: span.Attrs{"server.address": "db"}})
		}
	}
	_, res := mapped(t, spans, Options{})
	if got := fmt.Sprint(res.Unmapped); got != "[{4 "+lostShapes+"}]" {
		t.Errorf("not mapped: %s", got)
	}
}

func tallyOf(r *Result) tallied {
	t := tallied{}
	for _, u := range r.Unmapped {
		t[u.What] = u.N
	}
	return t
}

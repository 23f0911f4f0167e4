package probe

import (
	"bufio"
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/exposition"
	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
)

const plainText = "text/plain; version=0.0.4"

// A gauge that has reached its maximum while requests wait names the wall, also
// on a service whose metrics have to queue like everything else.
func TestAFullPoolIsNamed(t *testing.T) {
	const page = "# HELP %[1]s Taken.\n# TYPE %[1]s gauge\n%[1]s{%[3]s=\"main\",} %[4]d.0\n%[2]s{%[3]s=\"main\",} 7.0\nother{secret=\"hunter2\"} 1\njvm_threads_live_threads 31.0\n"
	for _, c := range []struct {
		name, busy, limit, label string
		private, queued          bool
		kind                     Kind
		want                     string
	}{
		{"on a port of its own", "tomcat_threads_busy_threads", "tomcat_threads_config_max_threads", "name", false, false, SharedPool, "of Tomcat's threads (main) all 7 were taken"},
		{"in the same queue", "tomcat_threads_busy_threads", "tomcat_threads_config_max_threads", "name", false, true, SharedPool, "of Tomcat's threads (main) all 7 were taken"},
		{"of connections", "hikaricp_connections_active", "hikaricp_connections_max", "pool", true, false, PrivatePool, "of HikariCP's connections (main) all 7 were taken"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, h, file := look(t, 64, func() seen {
				var s *responder.Service
				metrics := responder.Page("/metrics", 200, plainText, func() string {
					return fmt.Sprintf(page, c.busy, c.limit, c.label, s.Serving())
				})
				pool := responder.Pool(7)
				if c.private {
					pool = responder.Private(pool)
				}
				walls := []responder.Wall{metrics, pool, responder.Counted(), responder.Wait(200*ms, 0, ms)}
				if c.queued {
					walls = []responder.Wall{pool, responder.Counted(), metrics, responder.Wait(200*ms, 0, ms)}
				}
				s = responder.New(1, walls...)
				return seen{service: s, metrics: "/metrics"}
			})
			if v.Wall.Kind != c.kind || *v.Wall.Limit != 7 || v.Confidence != "high" || !says(v, c.want) {
				t.Errorf("%s, confidence %s, %q\n%s", v.Wall.Kind, v.Confidence, v.Wall.Evidence, told(h))
			}
			if bytes.Contains(file, []byte("hunter2")) {
				t.Error("the record has what nobody asked for")
			}
			last, n := time.Duration(0), 0
			for i := range h.Experiments {
				for _, g := range h.Experiments[i].Gauges {
					if at := time.Duration(g.T); at-last < metricsEvery/5 {
						t.Errorf("metrics were asked for %v after they were last", at-last)
					} else {
						last = at
					}
					n++
				}
			}
			if n < len(h.Experiments)/2 {
				t.Errorf("metrics were read %d times in %d experiments", n, len(h.Experiments))
			}
		})
	}
}

// The same two requests that wait for a CPU, or for a lock: the counter of CPU
// time tells.
func TestCPUTimeOfMetricsIsEvidence(t *testing.T) {
	v, h, _ := look(t, 64, func() seen {
		var s *responder.Service
		s = responder.New(1, responder.Page("/metrics", 200, plainText, func() string {
			return fmt.Sprintf("process_cpu_seconds_total %g\nsystem_cpu_count 4.0\nnodejs_eventloop_lag_seconds 0.0002\n", s.Worked().Seconds())
		}), responder.Pool(1), responder.Wait(200*ms, 0, ms))
		return seen{service: s, metrics: "/metrics"}
	})
	if v.Wall.Kind != Serial || !says(v, "while requests waited the service used 0 of 4 CPUs: the CPU is not what they waited for") || says(v, "event loop was") {
		t.Errorf("%s, %q\n%s", v.Wall.Kind, v.Wall.Evidence, told(h))
	}
}

// Workers that share a port answer in turn for themselves alone: neither that one
// of them idles nor that another has used more is the service's CPU time.
func TestCPUTimeOfSeveralProcessesIsNoEvidence(t *testing.T) {
	asked := 0
	v, h, _ := look(t, 64, func() seen {
		s := responder.New(1, responder.Page("/metrics", 200, plainText, func() string {
			asked++
			return fmt.Sprintf("process_cpu_seconds_total %d\nsystem_cpu_count 4.0\n", []int{100, 40, 100}[asked%3])
		}), responder.Pool(1), responder.Wait(200*ms, 0, ms))
		return seen{service: s, metrics: "/metrics"}
	})
	if !says(v, "several processes answer") || says(v, "the service used") {
		t.Errorf("%s, %q\n%s", v.Wall.Kind, v.Wall.Evidence, told(h))
	}
}

// What is not metrics is said in a sentence, and the probe goes on without.
func TestWithoutMetricsTheProbeGoesOn(t *testing.T) {
	for _, c := range []struct {
		name, kind, body, want string
		status                 int
	}{
		{"nothing there", "text/plain", "no", "--metrics: the answer is 404 Not Found; write a URL, and a method, that the service has; the probe goes on without it", 404},
		{"a login", "text/html", "<html>", "--header-file", 401},
		{"a web page", "text/html; charset=utf-8", "<!DOCTYPE html>\n<html>", "--metrics: the answer is a web page; write the URL that Prometheus scrapes, as http://HOST:PORT/metrics; the probe goes on without it", 200},
		{"JSON", "application/json", `{"status":"UP"}`, "the answer is not in Prometheus's text format: line 1 is no metric", 200},
		{"a page without an end", plainText, strings.Repeat("a_metric{label=\"value\"} 1\n", largestPage/26+1), "--metrics: its metrics are more than 8388608 bytes: too large; the probe goes on without it", 200},
		{"metrics of something else", plainText, "up 1\n", "it shows no metric that says something of CPU time, threads, event loops or pools", 200},
		{"nothing", plainText, "", "without metrics", 204},
		{"several services", plainText, "process_open_fds{instance=\"a:80\"} 3\nprocess_open_fds{instance=\"b:\x1b80\"} 4\n",
			"--metrics: it shows the metrics of several instances (\"a:80\", \"b:\uFFFD80\"), of which one is probed; write the URL of that one's own; the probe goes on without it", 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, h, _ := look(t, 8, func() seen {
				s := responder.New(1, responder.Page("/metrics", c.status, c.kind, func() string { return c.body }), responder.Pool(2), responder.Wait(100*ms, 0, ms))
				return seen{service: s, metrics: "/metrics"}
			})
			if n := len(v.Warnings); n != 1 || v.Warnings[0].Code != "no-metrics" || !strings.Contains(v.Warnings[0].Text, c.want) {
				t.Errorf("warnings %q, want …%s…", v.Warnings, c.want)
			}
			if v.Wall.Kind != SharedPool || *v.Wall.Limit != 2 {
				t.Errorf("%s\n%s", v.Wall.Kind, told(h))
			}
		})
	}
}

// An answer that is slow to come is not waited for at every experiment; what is
// said of it is how long it was waited for.
func TestMetricsThatAreSlowAreDoneWithout(t *testing.T) {
	v, h, _ := look(t, 16, func() seen {
		s := responder.New(1, responder.Late("/metrics", 2500*ms),
			responder.Page("/metrics", 200, plainText, func() string { return "process_open_fds 3\n" }), responder.Pool(3), responder.Wait(100*ms, 0, ms))
		return seen{service: s, metrics: "/metrics"}
	})
	if n := len(v.Warnings); n != 1 || v.Warnings[0].Text != "--metrics: there was no answer within 2s; the probe goes on without it" {
		t.Errorf("warnings %+v", v.Warnings)
	}
	if v.Wall.Kind != SharedPool || h.End != endCompleted {
		t.Errorf("%s, %s\n%s", v.Wall.Kind, h.End, told(h))
	}
}

// Families of which there may be several series keep what tells them apart, and
// nothing else.
func TestSeriesAreNamedByWhatTellsThemApart(t *testing.T) {
	for _, c := range []struct {
		line, want string
	}{
		{`hikaricp_connections_active{application="shop",pool="p",} 3`, `hikaricp_connections_active{pool="p"}`},
		{`process_cpu_seconds_total 3`, `process_cpu_seconds_total`},
		{`tomcat_threads_busy_threads{name="http\nnio"} 3`, "tomcat_threads_busy_threads{name=\"http\uFFFDnio\"}"},
		{`jdbc_connections_max{name="` + strings.Repeat("x", 500) + `"} 3`, `jdbc_connections_max{name="` + strings.Repeat("x", 60) + `"}`},
		{`http_requests_total{path="/secret"} 3`, ""},
	} {
		err := exposition.Read(strings.NewReader(c.line), 1<<20, func(s *exposition.Sample) {
			if key, ok := keyOf(s); key != c.want || ok != (c.want != "") {
				t.Errorf("%s is kept as %s, %t; want %s", c.line, key, ok, c.want)
			}
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// An executor without a bound of its own is as large as it is, once tasks queue
// for it; a limit of none, or of more than anybody has, is not one.
func TestWhatCountsAsFull(t *testing.T) {
	for _, c := range []struct {
		why    string
		values map[string]float64
		want   []int
	}{
		{"some are free", map[string]float64{"jetty_threads_busy": 9, "jetty_threads_config_max": 10}, nil},
		{"all taken", map[string]float64{"jetty_threads_busy": 10, "jetty_threads_config_max": 10}, []int{10}},
		{"no bound, and nobody waits", map[string]float64{"executor_active_threads": 8, "executor_pool_max_threads": 2147483647, "executor_pool_size_threads": 8}, nil},
		{"no bound, but tasks wait", map[string]float64{"executor_active_threads": 8, "executor_pool_max_threads": 2147483647, "executor_pool_size_threads": 8, "executor_queued_tasks": 3}, []int{8}},
		{"no limit is set", map[string]float64{"go_sql_in_use_connections": 8, "go_sql_max_open_connections": 0}, nil},
		{"a limit that nobody shows", map[string]float64{"agroal_active_count": 20, "agroal_awaiting_count": 4}, []int{20}},
		{"two pools", map[string]float64{`hikaricp_connections_active{pool="a"}`: 5, `hikaricp_connections_max{pool="a"}`: 5, `hikaricp_connections_active{pool="b"}`: 5, `hikaricp_connections_max{pool="b"}`: 9}, []int{5}},
		{"an idle pool of none", map[string]float64{"jdbc_connections_active": 0, "jdbc_connections_max": 0}, nil},
	} {
		var u usage
		u.fill(c.values)
		var got []int
		for _, f := range u.taken {
			got = append(got, f.limit)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.why, got, c.want)
		}
	}
}

// Exporters write NaN where there is nothing to say, as prom-client does before
// an event loop was first looked at, and +Inf where there is no limit. Neither
// fits into a record, nor is it anything's size.
func TestMetricsThatAreNoNumbersAreLeftOut(t *testing.T) {
	v, h, _ := look(t, 8, func() seen {
		s := responder.New(1, responder.Page("/metrics", 200, plainText, func() string {
			return "nodejs_eventloop_lag_seconds NaN\nhikaricp_connections_active 3\nhikaricp_connections_max NaN\nexecutor_active_threads 2\nexecutor_pool_max_threads +Inf\nprocess_cpu_seconds_total -Inf\n"
		}), responder.Pool(2), responder.Wait(100*ms, 0, ms))
		return seen{service: s, metrics: "/metrics"}
	})
	if v.Wall.Kind != SharedPool || *v.Wall.Limit != 2 || len(v.Warnings) > 0 || says(v, "were taken") {
		t.Errorf("%s, %q, warnings %q\n%s", v.Wall.Kind, v.Wall.Evidence, v.Warnings, told(h))
	}
	for i := range h.Experiments {
		for _, g := range h.Experiments[i].Gauges {
			if len(g.Values) != 2 {
				t.Fatalf("kept %v", g.Values)
			}
		}
	}
}

// The manual lists what is recognised.
func TestTheManualNamesEveryMetric(t *testing.T) {
	manual, err := os.ReadFile("../docs/probe.md")
	if err != nil {
		t.Fatal(err)
	}
	names := slices.Concat(cpuCounts, threadCounts, loopLags, slices.Collect(maps.Keys(cpuSeconds)))
	for _, p := range gaugedPools {
		names = append(names, p.busy)
	}
	for _, name := range names {
		if !bytes.Contains(manual, []byte("`"+name+"`")) {
			t.Errorf("docs/probe.md says nothing of %s", name)
		}
	}
}

// paged is what is kept of a page, answered over the wire in the words given.
func paged(t *testing.T, head, body string) (*page, error) {
	t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(head+"\r\n\r\n"+body)), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return series(resp)
}

// Workers that show their own figures on one page have their threads and CPU time
// in common with the service; how late its loops are is how late the latest is, and
// the machine's CPUs are the same for all.
func TestWhatSeveralProcessesShowOnOnePage(t *testing.T) {
	p, err := paged(t, "HTTP/1.1 200 OK", `nodejs_eventloop_lag_seconds{worker="1"} 0.25
nodejs_eventloop_lag_seconds{worker="2"} 0.5
nodejs_eventloop_lag_seconds{worker="3"} 0.125
process_cpu_seconds_total{worker="1"} 3
process_cpu_seconds_total{worker="2"} 4
system_cpu_count{worker="1"} 2
system_cpu_count{worker="2"} 2
tomcat_threads_busy_threads{worker="1"} 5
tomcat_threads_busy_threads{worker="2"} 6
`)
	want := map[string]float64{"nodejs_eventloop_lag_seconds": 0.5, "process_cpu_seconds_total": 7, "system_cpu_count": 2, "tomcat_threads_busy_threads": 11}
	if err != nil || !maps.Equal(p.values, want) {
		t.Errorf("kept %v, %v; want %v", p, err, want)
	}
}

// Half a number is another number: a page that is not known to be whole is not
// believed.
func TestAPageThatWasCutOffIsNotRead(t *testing.T) {
	const line = "process_open_fds 31"
	for _, c := range []struct{ why, head, body, want string }{
		{"as long as it says", "HTTP/1.1 200 OK\r\nContent-Length: 19", line, ""},
		{"until the connection ends, and the line does", "HTTP/1.0 200 OK", line + "7\n", ""},
		{"until the connection ends, in a line", "HTTP/1.0 200 OK", line, "its last line does not end"},
		{"shorter than it says, in a line", "HTTP/1.1 200 OK\r\nContent-Length: 20", line, "cut off: unexpected EOF"},
		{"shorter than it says, in a name", "HTTP/1.1 200 OK\r\nContent-Length: 40", line + "\nproc", "cut off: unexpected EOF"},
		{"without its last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", "13\r\n" + line + "\r\n", "cut off: unexpected EOF"},
		{"with its last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", "13\r\n" + line + "\r\n0\r\n\r\n", ""},
		{"compressed, unasked", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4", "\x1f\x8b\x08\x00", "compressed"},
	} {
		if _, err := paged(t, c.head, c.body); (err != nil) != (c.want != "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.why, err, c.want)
		}
	}
}

// What a header file asks of the service's answers is not asked of metrics.
func TestMetricsAreNotAskedForCompressed(t *testing.T) {
	header := http.Header{"Accept-Encoding": {"gzip"}, "Authorization": {"Bearer hunter2"}}
	m, err := (&Request{URL: "http://s/metrics", Header: header}).prepareMetrics()
	if err != nil || bytes.Contains(m.once, []byte("gzip")) || !bytes.Contains(m.once, []byte("hunter2")) || header.Get("Accept-Encoding") == "" {
		t.Errorf("it asks %q, %v", m.once, err)
	}
}

// A page with more series than are kept is said to be one, once.
func TestSeriesThatAreLeftOutAreSaid(t *testing.T) {
	v, h, _ := look(t, 8, func() seen {
		var b strings.Builder
		for i := range mostSeries + 7 {
			fmt.Fprintf(&b, "hikaricp_connections_active{pool=\"%d\"} 0\n", i)
		}
		s := responder.New(1, responder.Page("/metrics", 200, plainText, b.String), responder.Pool(2), responder.Wait(100*ms, 0, ms))
		return seen{service: s, metrics: "/metrics"}
	})
	const want = "--metrics: of 207 series that tell of CPU time, threads or pools, the first 200 on the page were looked at"
	if n := len(v.Warnings); n != 1 || v.Warnings[0].Text != want {
		t.Errorf("warnings %q, want %s\n%s", v.Warnings, want, told(h))
	}
}

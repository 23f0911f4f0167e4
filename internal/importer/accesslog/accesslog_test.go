package accesslog

import (
	"testing"
	"time"
)

func entry(at time.Time, method, path string, status int, took time.Duration) Entry {
	return Entry{At: at, Method: method, Path: path, Status: status, Took: took}
}

func TestLinesOfUsualServers(t *testing.T) {
	at := time.Date(2000, 10, 10, 13, 55, 36, 0, time.FixedZone("", -7*3600))
	for _, c := range []struct {
		name, line string
		want       Entry
	}{
		{"common, from Apache's manual", `127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326`,
			entry(at, "GET", "/apache_pb.gif", 200, -1)},
		{"combined, from Apache's manual", `127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326 "http://www.example.com/start.html" "Mozilla/4.08 [en] (Win98; I ;Nav)"`,
			entry(at, "GET", "/apache_pb.gif", 200, -1)},
		{"virtual host, no bytes", `www.example.com:443 ::1 - - [10/Oct/2000:13:55:36 -0700] "POST /a/b?x=1&y=[2] HTTP/2.0" 204 -`,
			entry(at, "POST", "/a/b", 204, -1)},
		{"a user with spaces", `10.0.0.1 - John Doe [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.1" 200 1`,
			entry(at, "GET", "/", 200, -1)},
		{"quotes in the agent", `10.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.1" 200 1 "-" "a \"b\" 77"`,
			entry(at, "GET", "/", 200, -1)},
		{"Apache's %D", `10.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.1" 200 1 "-" "curl/8" 1500`,
			entry(at, "GET", "/", 200, 1500*time.Microsecond)},
		{"nginx's $request_time", `10.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.1" 200 1 "-" "curl/8" 0.015`,
			entry(at, "GET", "/", 200, 15*time.Millisecond)},
		{"nginx with names", `10.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.1" 200 1 "-" "curl/8" rt=0.015 uct="0.001" uht="0.012"`,
			entry(at, "GET", "/", 200, 15*time.Millisecond)},
		{"nginx beside its upstream's time", `10.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.1" 200 1 "-" "curl/8" "-" 0.015 0.012`,
			entry(at, "GET", "/", 200, 15*time.Millisecond)},
		{"nginx beside what an upstream did not take", `10.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.1" 200 1 "-" "curl/8" 0.015 -`,
			entry(at, "GET", "/", 200, 15*time.Millisecond)},
		{"ingress-nginx", `10.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.1" 200 612 "-" "curl/8" 73 0.015 [default-web-80] [] 10.1.0.7:8080 612 0.012 200 5f1c3d7a9b2e4f60`,
			entry(at, "GET", "/", 200, 15*time.Millisecond)},
		{"Traefik in the common form", `10.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET /x HTTP/1.1" 200 1 "-" "-" 4711 "web@docker" "http://10.1.0.7:80" 12ms`,
			entry(at, "GET", "/x", 200, 12*time.Millisecond)},
		{"Apache's combinedio has bytes there", `10.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.1" 200 1 "-" "curl/8" 377 1503`,
			entry(at, "GET", "/", 200, -1)},
		{"absolute target", `10.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET http://a.example/x?y HTTP/1.1" 200 1`,
			entry(at, "GET", "/x", 200, -1)},
		{"Caddy", `{"level":"info","ts":971211336.5,"logger":"http.log.access","msg":"handled request","request":{"remote_ip":"::1","proto":"HTTP/2.0","method":"GET","host":"localhost","uri":"/x?y=1"},"bytes_read":0,"duration":0.000929675,"size":10900,"status":200}`,
			entry(time.Unix(971211336, 5e8), "GET", "/x", 200, 929675)},
		{"Traefik", `{"DownstreamStatus":200,"Duration":12000000,"RequestMethod":"GET","RequestPath":"/api/v1?z","StartUTC":"2000-10-10T20:55:36.25Z"}`,
			entry(time.Unix(971211336, 25e7), "GET", "/api/v1", 200, 12*time.Millisecond)},
		{"Envoy", `{"start_time":"2000-10-10T20:55:36.250Z","method":"GET","path":"/p","response_code":503,"duration":12}`,
			entry(time.Unix(971211336, 25e7), "GET", "/p", 503, 12*time.Millisecond)},
		{"nginx as JSON", `{"time_local":"10/Oct/2000:13:55:36 -0700","request":"GET /q?x HTTP/1.1","status":"200","request_time":"0.250"}`,
			entry(at, "GET", "/q", 200, 250*time.Millisecond)},
		{"named unit", `{"timestamp":971211336250,"method":"get","url":"https://h.example/u","status":200,"latency_ms":1.5}`,
			entry(time.Unix(971211336, 25e7), "GET", "/u", 200, 1500*time.Microsecond)},
		{"text with a unit", `{"method":"GET","path":"/u","latency":"2.5ms"}`,
			entry(time.Time{}, "GET", "/u", 0, 2500*time.Microsecond)},
	} {
		got, err := Parse(c.line)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got.Whole != (c.name == "Apache's %D") {
			t.Errorf("%s: a whole number: %v", c.name, got.Whole)
		}
		if !got.At.Equal(c.want.At) || got.Method != c.want.Method || got.Path != c.want.Path || got.Status != c.want.Status || got.Took != c.want.Took {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestOtherLinesAreRefused(t *testing.T) {
	for _, line := range []string{"", "hello", `10.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "\x16\x03\x01" 400 0`, `{"a":1}`, `{"method":"GET"`, `{"method":"GET","path":"x"}`} {
		if e, err := Parse(line); err == nil {
			t.Errorf("%q is read as %+v", line, e)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326 "-" "-" 0.01`)
	f.Add(`{"ts":971211336.5,"request":{"method":"GET","uri":"/x?y=1"},"duration":0.000929675,"status":200}`)
	f.Fuzz(func(t *testing.T, line string) {
		e, err := Parse(line)
		if err == nil && (e.Method == "" || e.Path == "" || e.Took < -1 || e.Took > 24*time.Hour) {
			t.Errorf("%q: %+v", line, e)
		}
	})
}

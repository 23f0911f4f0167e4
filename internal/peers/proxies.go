package peers

import "strconv"

var nginxProcess = Process{Port: "PORT", Args: []string{"/usr/sbin/nginx", "-p", "@DIR@", "-c", "@DIR@/nginx.conf", "-e", "@DIR@/error.log"}}

// proxies are limits that stand in front of a service that has none.
func proxies(d draw) []Peer {
	nginx := func(name string, n int, w Wall, connections int, http, heavy string) Peer {
		return withUpstream(Peer{
			Name: "nginx/" + name, N: n, Wall: w, Heavy: "/await?ms={ms}", Canary: "/health.txt",
			Packages: []string{"nginx-light"}, Files: []string{"nginx.conf", "health.txt"},
			Fill: map[string]string{"CONNECTIONS": strconv.Itoa(connections), "HTTP": http, "SERVER": "location /await { " + heavy + " }"},
			Run:  []Process{nginxProcess},
		})
	}
	const plenty, pass = 4096, "proxy_pass http://127.0.0.1:@UPSTREAM@;"
	limitConn, maxConns := d.between("nginx/limit-conn", 2, 200), d.between("nginx/max-conns", 2, 200)
	rate, delayed := d.between("nginx/limit-req", 5, 40), d.between("nginx/limit-req-delay", 5, 40)

	haproxy := func(name string, n int, w Wall, frontend, server string) Peer {
		return withUpstream(Peer{
			Name: "haproxy/" + name, N: n, Wall: w, Heavy: "/await?ms={ms}", Canary: "/health",
			Packages: []string{"haproxy"}, Files: []string{"haproxy.cfg"}, Fill: map[string]string{"FRONTEND": frontend, "SERVER": server, "QUEUE": "60s"},
			Run: []Process{{Port: "PORT", Args: []string{"/usr/sbin/haproxy", "-db", "-f", "haproxy.cfg"}}},
		})
	}
	const elsewhere = "use_backend health if { path /health }"
	queue, both := d.between("haproxy/server-maxconn", 2, 200), d.between("haproxy/server-maxconn-shared", 2, 200)
	impatient := d.between("haproxy/queue-timeout", 2, 100)
	front := d.between("haproxy/frontend-maxconn", 5, 150)
	lighttpd, tinyproxy := d.between("lighttpd/max-connections", 5, 150), d.between("tinyproxy/max-clients", 5, 60)
	late, told := d.between("haproxy/tarpit", 2, 60), d.between("nginx/busy-page", 2, 100)
	return []Peer{
		nginx("limit-conn", limitConn, exactly(Shedding, limitConn, "limit_conn n: 503 past it: nginx.org, ngx_http_limit_conn_module"), plenty,
			"limit_conn_zone $binary_remote_addr zone=heavy:1m;", "limit_conn heavy @N@; "+pass),
		nginx("limit-req", rate, exactly(RateLimit, rate, "limit_req rate=n a second, burst of half as many: 503 past it: nginx.org, ngx_http_limit_req_module"), plenty,
			"limit_req_zone $binary_remote_addr zone=heavy:1m rate=@N@r/s;", "limit_req zone=heavy burst="+strconv.Itoa(rate/2)+" nodelay; "+pass),
		nginx("limit-req-delay", delayed, exactly(RateLimit, delayed, "the same with burst=1000 and no nodelay: requests wait for their turn"), plenty,
			"limit_req_zone $binary_remote_addr zone=heavy:1m rate=@N@r/s;", "limit_req zone=heavy burst=1000; "+pass),
		nginx("max-conns", maxConns, exactly(Shedding, maxConns, "max_conns=n of the upstream's server: 502 past it: nginx.org, ngx_http_upstream_module"), plenty,
			"upstream app { server 127.0.0.1:@UPSTREAM@ max_conns=@N@; }", "proxy_pass http://app;"),
		nginx("plain", 1, sizeless(None, "a proxy without limits"), plenty, "", pass),
		haproxy("server-maxconn", queue, exactly(PrivatePool, queue, "maxconn n of the server: the rest waits in HAProxy: docs.haproxy.org, 5.2"), elsewhere, "maxconn @N@"),
		haproxy("server-maxconn-shared", both, exactly(SharedPool, both, "the same, with a canary that goes to the same server"), "", "maxconn @N@"),
		haproxy("queue-timeout", impatient, exactly(Shedding, impatient, "the same with timeout queue 100ms: 503 after it: docs.haproxy.org, 4.2").also(PrivatePool),
			elsewhere, "maxconn @N@").with("QUEUE", "100ms"),
		haproxy("frontend-maxconn", front, exactly(ConnectionCap, front, "maxconn n of the frontend: docs.haproxy.org, 4.2"), "maxconn @N@\n  "+elsewhere, ""),
		nginx("busy-page", told, exactly(Shedding, told, "limit_conn n, and error_page 503 =302: past it 302 with a page in place of the work: nginx.org, error_page"), plenty,
			"limit_conn_zone $binary_remote_addr zone=heavy:1m;", "limit_conn heavy @N@; error_page 503 =302 /health.txt; "+pass),
		haproxy("tarpit", late, exactly(Shedding, late, "http-request tarpit past n in the backend: 500 after timeout tarpit 150ms, and never a place: docs.haproxy.org, 4.2"),
			"timeout tarpit 150ms\n  http-request tarpit if { path_beg /await } { be_conn(app) ge @N@ }\n  "+elsewhere, ""),
		withUpstream(Peer{
			Name: "tinyproxy/max-clients", N: tinyproxy, Heavy: "/await?ms={ms}", Canary: "/health",
			Wall:     exactly(SharedPool, tinyproxy, "MaxClients n, each of which has its connection closed after one answer: tinyproxy.github.io, tinyproxy.conf"),
			Packages: []string{"tinyproxy-bin"}, Files: []string{"tinyproxy.conf"},
			Run: []Process{{Port: "PORT", Args: []string{"/usr/bin/tinyproxy", "-d", "-c", "tinyproxy.conf"}}},
		}),
		withUpstream(Peer{
			Name: "lighttpd/max-connections", N: lighttpd, Heavy: "/await?ms={ms}", Canary: "/health.txt",
			Wall:     exactly(ConnectionCap, lighttpd, "server.max-connections=n: redmine.lighttpd.net, server.max-connections"),
			Packages: []string{"lighttpd"}, Files: []string{"lighttpd.conf", "health.txt"},
			Run: []Process{{Port: "PORT", Args: []string{"/usr/sbin/lighttpd", "-D", "-f", "lighttpd.conf"}}},
		}),
	}
}

package peers

// native are servers written in C, and Erlang's own.
func native(d draw) []Peer {
	pool, connections, clients := d.between("microhttpd/pool", 2, 8), d.between("h2o/max-connections", 5, 120), d.between("inets/max-clients", 5, 120)
	fetches := d.between("varnish/max-connections", 5, 120)
	varnish := func(name string, n int, w Wall, backend, received string) Peer {
		return withUpstream(Peer{
			Name: "varnish/" + name, N: n, Wall: w, Heavy: "/await?ms={ms}", Canary: "/health",
			Packages: []string{"varnish"}, Files: []string{"varnish.vcl"}, Fill: map[string]string{"BACKEND": backend, "RECEIVED": received},
			Run: []Process{{Port: "PORT", Args: []string{"/usr/sbin/varnishd", "-F", "-j", "none", "-n", "@DIR@/varnish",
				"-a", "127.0.0.1:@PORT@", "-f", "@DIR@/varnish.vcl", "-s", "malloc,16m"}}},
		})
	}
	return []Peer{
		{
			Name: "microhttpd/pool", N: pool,
			Wall:  exactly(Serial, pool, "MHD_OPTION_THREAD_POOL_SIZE k: each thread polls the connections that it accepted: gnu.org, libmicrohttpd manual").uneven(),
			Heavy: "/heavy?ms={ms}", Canary: "/health", Packages: []string{"gcc", "libc6-dev", "libmicrohttpd-dev"},
			Files: []string{"microhttpd.c"}, Build: [][]string{{"gcc", "-O2", "-o", "@DIR@/server", "microhttpd.c", "-lmicrohttpd"}},
			Run: []Process{{Port: "PORT", Args: []string{"@DIR@/server"}}},
		},
		withUpstream(Peer{
			Name: "h2o/max-connections", N: connections,
			Wall:  exactly(ConnectionCap, connections, "max-connections n, of those that have said something (TCP_DEFER_ACCEPT), as prefork's: h2o.examp1e.net, base directives").also(SharedPool),
			Heavy: "/await?ms={ms}", Canary: "/health.txt", Packages: []string{"h2o"}, Files: []string{"h2o.conf", "health.txt"},
			Run: []Process{{Port: "PORT", Args: []string{"/usr/bin/h2o", "-m", "worker", "-c", "h2o.conf"}}},
		}),
		varnish("serialised", 1, exactly(PrivatePool, 1, "what is looked up and never kept is fetched for one request at a time, and the others wait: varnish-cache.org, hit-for-miss"), "", "hash"),
		varnish("max-connections", fetches, exactly(Shedding, fetches, "max_connections=n of the backend: 503 past it: varnish-cache.org, VCL-backend"), ".max_connections = @N@;", "pass"),
		{
			Name: "inets/max-clients", N: clients, Wall: exactly(Shedding, clients, "max_clients n of Erlang's httpd: 503 past it: erlang.org, httpd"),
			Heavy: "/esi/httpd_server:heavy?ms={ms}", Canary: "/esi/httpd_server:health", Packages: []string{"erlang-base", "erlang-inets"},
			Files: []string{"httpd_server.erl"}, Build: [][]string{{"erlc", "httpd_server.erl"}},
			Run: []Process{{Port: "PORT", Args: []string{"/usr/bin/erl", "-noinput", "-pa", "@DIR@", "-s", "httpd_server", "start"}}},
		},
	}
}

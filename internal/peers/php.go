package peers

import "strconv"

// php is PHP behind its own process manager, and as its own web server.
func php(d draw) []Peer {
	fpm := func(name string, n int, heavy, canary, pm string, w Wall) Peer {
		return Peer{
			Name: "php-fpm/" + name, N: n, Wall: w, Heavy: heavy + "?ms={ms}", Canary: canary,
			Packages: []string{"php-fpm", "nginx-light"}, Files: []string{"php-fpm.conf", "nginx.conf", "heavy.php", "session.php", "health.php", "health.txt"},
			Fill: map[string]string{
				"PM": pm, "CONNECTIONS": "4096", "HTTP": "",
				"SERVER": `location ~ \.php$ { fastcgi_pass unix:@DIR@/fpm.sock; include /etc/nginx/fastcgi.conf; }`,
			},
			Run: []Process{
				{Args: []string{newest("/usr/sbin/php-fpm*"), "--nodaemonize", "--fpm-config", "php-fpm.conf"}},
				nginxProcess,
			},
		}
	}
	builtIn := func(name string, n int, w Wall, env ...string) Peer {
		return Peer{
			Name: "php/" + name, N: n, Wall: w, Heavy: "/heavy.php?ms={ms}", Canary: "/health.php",
			Packages: []string{"php-cli"}, Files: []string{"heavy.php", "health.php"},
			Run: []Process{{Port: "PORT", Args: []string{"/usr/bin/php", "-S", "127.0.0.1:@PORT@"}, Env: env}},
		}
	}
	static, alone := d.between("php-fpm/static", 2, 20), d.between("php-fpm/static-file", 2, 20)
	dynamic, onDemand := d.between("php-fpm/dynamic", 6, 24), d.between("php-fpm/ondemand", 2, 24)
	workers := d.between("php/workers", 2, 8)
	short, children := d.between("php-fpm/short-backlog", 2, 16), d.between("php-fpm/session", 24, 40)
	const manual = "php.net, FPM configuration"
	return []Peer{
		fpm("static", static, "/heavy.php", "/health.php", "static", exactly(SharedPool, static, "pm=static, pm.max_children=n: "+manual)),
		fpm("static-file", alone, "/heavy.php", "/health.txt", "static", exactly(PrivatePool, alone, "the same, with a canary that nginx serves itself")),
		fpm("dynamic", dynamic, "/heavy.php", "/health.php", "dynamic", exactly(SharedPool, dynamic, "pm=dynamic from 2 to n, more every second: "+manual)),
		fpm("ondemand", onDemand, "/heavy.php", "/health.php", "ondemand", exactly(SharedPool, onDemand, "pm=ondemand up to n: "+manual)),
		fpm("short-backlog", short, "/heavy.php", "/health.php", "static\nlisten.backlog = "+strconv.Itoa(2*short),
			exactly(SharedPool, short, "listen.backlog of 2n behind n children: nginx answers 502 past it: "+manual)),
		fpm("session", children, "/session.php", "/health.php", "static",
			exactly(PrivatePool, 1, "session_start locks the session's file, here everybody's; a child waits meanwhile: php.net, session_start")),
		builtIn("built-in", 1, exactly(Serial, 1, "one request at a time: php.net, built-in web server")),
		builtIn("workers", workers, exactly(SharedPool, workers+1, "PHP_CLI_SERVER_WORKERS=n, and the parent serves as well: php.net, built-in web server"),
			"PHP_CLI_SERVER_WORKERS=@N@"),
	}
}

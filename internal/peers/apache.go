package peers

import "slices"

func apache(d draw) []Peer {
	peer := func(name string, n int, mpm, heavy, canary string, w Wall, pkg []string, directives string) Peer {
		return Peer{
			Name: "apache/" + name, N: n, Wall: w, Heavy: heavy, Canary: canary, Packages: slices.Concat([]string{"apache2-bin"}, pkg),
			Files: []string{"apache.conf", "heavy.php", "health.php", "health.txt"}, Fill: map[string]string{"MPM": mpm, "DIRECTIVES": directives},
			Run: []Process{{Port: "PORT", Args: []string{"/usr/sbin/apache2", "-D", "FOREGROUND", "-f", "@DIR@/apache.conf"}}},
		}
	}
	const (
		manual  = "httpd.apache.org, MaxRequestWorkers"
		prefork = "ServerLimit @N@\nMaxRequestWorkers @N@\n"
		event   = "ServerLimit 1\nThreadLimit @N@\nThreadsPerChild @N@\nMaxRequestWorkers @N@\nStartServers 1\n"
		wide    = "ServerLimit 1\nThreadsPerChild 64\nMaxRequestWorkers 64\nStartServers 1\n"
		proxy   = "LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so\nLoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so\n"
	)
	phpPackage := []string{"libapache2-mod-php"}
	closing, keeping := d.between("apache/prefork", 3, 40), d.between("apache/prefork-keepalive", 6, 40)
	threads, pooled := d.between("apache/event", 5, 60), d.between("apache/proxy-max", 2, 25)
	daemon := d.between("apache/mod-wsgi", 2, 25)
	interpreter := peer("mod-wsgi", daemon, "event", "/app/heavy?ms={ms}", "/health.txt",
		exactly(PrivatePool, daemon, "WSGIDaemonProcess threads=n, in front of which up to 64 threads of Apache wait: modwsgi.readthedocs.io"),
		[]string{"libapache2-mod-wsgi-py3"}, wide+"LoadModule wsgi_module /usr/lib/apache2/modules/mod_wsgi.so\nWSGISocketPrefix @DIR@/wsgi\n"+
			"WSGIDaemonProcess app threads=@N@ home=@DIR@ listen-backlog="+backlog+"\nWSGIProcessGroup app\nWSGIApplicationGroup %{GLOBAL}\nWSGIScriptAlias /app @DIR@/wsgi.py\n")
	interpreter.Files = append(interpreter.Files, "wsgi.py")
	return []Peer{
		peer("prefork", closing, "prefork", "/heavy.php?ms={ms}", "/health.php",
			exactly(SharedPool, closing, "prefork, MaxRequestWorkers n, KeepAlive Off; it grows by one, two, four a second: "+manual).also(ConnectionCap),
			phpPackage, prefork+"KeepAlive Off\n"+apachePHP()),
		peer("prefork-keepalive", keeping, "prefork", "/heavy.php?ms={ms}", "/health.php",
			exactly(ConnectionCap, keeping, "prefork, MaxRequestWorkers n: a process serves one connection, idle or not: "+manual).also(SharedPool),
			phpPackage, prefork+"KeepAlive On\nKeepAliveTimeout 5\n"+apachePHP()),
		withUpstream(peer("event", threads, "event", "/await?ms={ms}", "/health.txt",
			exactly(SharedPool, threads, "event, MaxRequestWorkers n: a thread for each request in work: "+manual),
			nil, event+proxy+"ProxyPass /await http://127.0.0.1:@UPSTREAM@/await\n")),
		withUpstream(peer("proxy-max", pooled, "event", "/await?ms={ms}", "/health.txt",
			exactly(PrivatePool, pooled, "ProxyPass … max=n, in front of which up to 64 threads wait: httpd.apache.org, mod_proxy"),
			nil, wide+proxy+
				"ProxyPass /await http://127.0.0.1:@UPSTREAM@/await max=@N@\n")),
		interpreter,
	}
}

// apachePHP loads mod_php.
func apachePHP() string {
	return "LoadModule php_module " + newest("/usr/lib/apache2/modules/libphp*.so") + "\n<FilesMatch \\.php$>\nSetHandler application/x-httpd-php\n</FilesMatch>\n"
}

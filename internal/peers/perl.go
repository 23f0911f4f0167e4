package peers

import "slices"

func perl(d draw) []Peer {
	peer := func(name string, n int, w Wall, pkg, app string, args ...string) Peer {
		return Peer{
			Name: name, N: n, Wall: w, Heavy: "/heavy?ms={ms}", Canary: "/health", Packages: []string{pkg},
			Files: []string{app}, Run: []Process{{Port: "PORT", Args: args}},
		}
	}
	starman := func(name string, n int, w Wall, args ...string) Peer {
		return peer("starman/"+name, n, w, "starman", "app.psgi", slices.Concat([]string{"/usr/bin/starman",
			"--listen", "127.0.0.1:@PORT@", "--workers", "@N@", "--backlog", backlog, "--error-log", "@DIR@/error.log"}, args, []string{"app.psgi"})...)
	}
	closing, keeping := d.between("starman/workers", 2, 16), d.between("starman/keepalive", 4, 16)
	loops := d.between("mojolicious/prefork", 2, 4)
	const manual = "metacpan.org, starman"
	return []Peer{
		starman("workers", closing, exactly(SharedPool, closing, "--workers n --disable-keepalive: "+manual).also(ConnectionCap), "--disable-keepalive"),
		starman("keepalive", keeping, exactly(ConnectionCap, keeping,
			"--workers n: a process keeps its connection until that has been silent for ten seconds: "+manual).also(SharedPool), "--keepalive-timeout", "10"),
		peer("feersum/blocking", 1, exactly(Serial, 1, "the only loop sleeps, and answers what it has read together: metacpan.org, Feersum"), "feersum", "app.psgi",
			"/usr/bin/plackup", "--server", "Feersum", "--env", "deployment", "--host", "127.0.0.1", "--port", "@PORT@", "app.psgi"),
		peer("mojolicious/prefork", loops,
			exactly(Serial, loops, "k workers, each stopped by one request; one of them may take all connections that wait: docs.mojolicious.org, Mojo::Server::Prefork").uneven(),
			"libmojolicious-perl", "lite.pl", "/usr/bin/perl", "lite.pl", "prefork", "--mode", "production", "--listen", "http://127.0.0.1:@PORT@",
			"--backlog", backlog, "--workers", "@N@", "--pid-file", "@DIR@/prefork.pid"),
	}
}

package peers

func perl(d draw) []Peer {
	peer := func(name string, n int, w Wall, args ...string) Peer {
		return Peer{
			Name: "starman/" + name, N: n, Wall: w, Heavy: "/heavy?ms={ms}", Canary: "/health", Packages: []string{"starman"},
			Files: []string{"app.psgi"}, Run: []Process{{Port: "PORT", Args: append([]string{"/usr/bin/starman",
				"--listen", "127.0.0.1:@PORT@", "--workers", "@N@", "--backlog", backlog, "--error-log", "@DIR@/error.log"}, append(args, "app.psgi")...)}},
		}
	}
	closing, keeping := d.between("starman/workers", 2, 16), d.between("starman/keepalive", 4, 16)
	const manual = "metacpan.org, starman"
	return []Peer{
		peer("workers", closing, exactly(SharedPool, closing, "--workers n --disable-keepalive: "+manual).also(ConnectionCap), "--disable-keepalive"),
		peer("keepalive", keeping, exactly(ConnectionCap, keeping,
			"--workers n: a process keeps its connection until that has been silent for ten seconds: "+manual).also(SharedPool), "--keepalive-timeout", "10"),
	}
}

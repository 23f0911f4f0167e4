package peers

import (
	"path/filepath"
	"slices"
)

// withUpstream puts a server that only waits behind p, at @UPSTREAM@.
func withUpstream(p Peer) Peer {
	if !slices.Contains(p.Files, "server.go") {
		p.Files = append(p.Files, "server.go")
		p.Build = append(p.Build, buildServer)
	}
	p.Run = slices.Insert(p.Run, 0, Process{Port: "UPSTREAM", Args: []string{"@DIR@/server", "@UPSTREAM@"}})
	return p
}

var buildServer = []string{"go", "build", "-o", "@DIR@/server", "server.go"}

// withPostgres puts a PostgreSQL of its own behind p, at the port of that place.
func withPostgres(p Peer, place string) Peer {
	p.Packages = append(p.Packages, "postgresql")
	bin := newest("/usr/lib/postgresql/*/bin")
	p.Prepare = append(p.Prepare, []string{bin + "/initdb", "--pgdata=@DIR@/data", "--username=peer", "--auth=trust", "--no-sync", "--locale=C.UTF-8"})
	p.Run = slices.Insert(p.Run, 0, Process{Port: place, Args: []string{bin + "/postgres", "-D", "@DIR@/data", "-p", "@" + place + "@",
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "max_connections=200"}})
	return p
}

// newest is the last in order of the files that a pattern names: Debian puts
// versions into names. Without one it is the pattern, which then says what is
// missing.
func newest(pattern string) string {
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) == 0 {
		return pattern
	}
	return slices.Max(found)
}

package peers

import (
	"slices"
	"strings"
)

// npm are limits that people put around a handler of Node's, with packages from
// npm's registry: "name@version …".
func npm(d draw) []Peer {
	peer := func(name, setup string, n int, w Wall, packages string) Peer {
		p := Peer{
			Name: name, N: n, Wall: w, Heavy: "/heavy?ms={ms}", Canary: "/health", Packages: []string{"nodejs"},
			Files: []string{"node_packages.js", "node_worker.js"},
			Run:   []Process{{Port: "PORT", Args: []string{"/usr/bin/node", "node_packages.js"}, Env: []string{"SETUP=" + setup}}},
		}
		if packages != "" {
			p.Build = [][]string{slices.Concat([]string{"npm", "install", "--silent", "--no-audit", "--no-fund", "--no-update-notifier",
				"--no-package-lock", "--prefer-offline", "--ignore-scripts"}, strings.Fields(packages))}
		}
		return p
	}
	limit, pg := d.between("express/rate-limit", 5, 40), d.between("fastify/pg", 2, 40)
	workers, pipelined := d.between("node/piscina", 2, 12), d.between("node/undici-pipelining", 2, 20)
	redis := peer("node/ioredis", "ioredis", 1,
		exactly(PrivatePool, 1, "DEBUG SLEEP stops Redis, which has one thread: redis.io, diagnosing latency issues"), "ioredis@6.0.0")
	redis.Packages = append(redis.Packages, "redis-server")
	redis.Run = slices.Insert(redis.Run, 0, Process{Port: "DATABASE", Args: []string{"/usr/bin/redis-server",
		"--bind", "127.0.0.1", "--port", "@DATABASE@", "--save", "", "--enable-debug-command", "local", "--dir", "@DIR@"}})
	return []Peer{
		peer("express/rate-limit", "express", limit,
			exactly(RateLimit, limit, "limit n, windowMs 1000: n in each second, then 429: express-rate-limit.mintlify.app"), "express@5.3.0 express-rate-limit@8.7.4"),
		withPostgres(peer("fastify/pg", "fastify", pg, exactly(PrivatePool, pg, "Pool({max: n}): node-postgres.com, pooling"), "fastify@5.12.8 pg@8.23.1"), "DATABASE"),
		peer("node/piscina", "piscina", workers, exactly(PrivatePool, workers,
			"maxThreads n, which block: piscinajs.dev, options"), "piscina@5.3.2"),
		withUpstream(peer("node/undici-pipelining", "undici", pipelined, exactly(PrivatePool, pipelined,
			"Agent({connections: n, pipelining: 4}): up to four wait behind one another while other connections are idle: undici.nodejs.org, client").uneven(), "undici@7.30.2")),
		peer("node/max-requests-per-socket", "max-requests-per-socket", 1,
			sizeless(None, "maxRequestsPerSocket 3 closes connections, and nothing else: nodejs.org, http"), ""),
		redis,
	}
}

package peers

import "runtime"

// libuvThreads is UV_THREADPOOL_SIZE's default: docs.libuv.org, thread pool.
const libuvThreads = 4

func node(d draw) []Peer {
	peer := func(name string, n int, heavy string, w Wall, env ...string) Peer {
		return Peer{
			Name: "node/" + name, N: n, Wall: w, Heavy: heavy, Canary: "/health", Packages: []string{"nodejs"},
			Files: []string{"node_server.js"},
			Run:   []Process{{Port: "PORT", Args: []string{"/usr/bin/node", "node_server.js"}, Env: env}},
		}
	}
	agent, workers := d.between("node/agent", 2, 120), d.between("node/cluster", 2, 4)
	connections := d.between("node/max-connections", 5, 120)
	offloaded := sizeless(CPU, "crypto.pbkdf2 on libuv's 4 threads, more than there are CPUs")
	if runtime.NumCPU() > libuvThreads {
		offloaded = exactly(PrivatePool, libuvThreads, "crypto.pbkdf2 on libuv's 4 threads, fewer than there are CPUs")
	}
	return []Peer{
		peer("timer", 1, "/timer?ms={ms}", sizeless(None, "setTimeout")),
		peer("block", 1, "/block?ms={ms}", exactly(Serial, 1, "Atomics.wait stops the only loop")),
		peer("cpu", 1, "/cpu", exactly(Serial, 1, "pbkdf2Sync computes on the only loop").also(CPU)),
		peer("pbkdf2", 1, "/pbkdf2", offloaded),
		peer("pbkdf2-1", 1, "/pbkdf2", exactly(PrivatePool, 1, "UV_THREADPOOL_SIZE=1: docs.libuv.org, thread pool"), "UV_THREADPOOL_SIZE=1"),
		withUpstream(peer("agent", agent, "/agent?ms={ms}", exactly(PrivatePool, agent, "http.Agent({maxSockets: n}): nodejs.org, http"))),
		peer("cluster", workers, "/block?ms={ms}",
			exactly(Serial, workers, "cluster of k, each stopped by one request; connections go round in turn: nodejs.org, cluster").uneven(), "CLUSTER=1"),
		peer("max-connections", connections, "/timer?ms={ms}",
			exactly(ConnectionCap, connections, "server.maxConnections=n closes the ones past it: nodejs.org, net").also(Shedding), "MAX_CONNECTIONS=1"),
	}
}

package peers

import "slices"

// golang is net/http with the limits that people put around it.
func golang(d draw) []Peer {
	peer := func(name string, n int, heavy string, w Wall, args ...string) Peer {
		return Peer{
			Name: "go/" + name, N: n, Wall: w, Heavy: heavy, Canary: "/health",
			Packages: nil, Files: []string{"server.go"}, Build: [][]string{buildServer},
			Run: []Process{{Port: "PORT", Args: slices.Concat([]string{"@DIR@/server"}, args, []string{"@PORT@"})}},
		}
	}
	semaphore, shed := d.between("go/semaphore", 2, 400), d.between("go/shed", 2, 200)
	queue, late := d.between("go/bounded-queue", 2, 60), d.between("go/late-slot", 4, 60)
	bucket, listener := d.between("go/bucket", 5, 40), d.between("go/limit-listener", 5, 150)
	one := peer("compute-gomaxprocs-1", 1, "/compute", sizeless(CPU, "GOMAXPROCS=1"))
	one.Run[0].Env = []string{"GOMAXPROCS=1"}
	return []Peer{
		peer("plain", 1, "/await?ms={ms}", sizeless(None, "a goroutine for each request")),
		peer("semaphore", semaphore, "/semaphore?ms={ms}", exactly(PrivatePool, semaphore, "a channel of n slots")),
		peer("late-slot", late, "/late-slot?ms={ms}",
			exactly(PrivatePool, late, "a channel of n slots, of which one is held for the last three quarters of a request's time")),
		peer("shed", shed, "/shed?ms={ms}", exactly(Shedding, shed, "503 with Retry-After when no slot is free")),
		peer("bounded-queue", queue, "/queue?ms={ms}",
			exactly(PrivatePool, queue, "a channel of n slots, behind another of 2n past which it is 503")),
		peer("bucket", bucket, "/bucket?ms={ms}", exactly(RateLimit, bucket, "a token bucket: n a second, 429 past it")),
		peer("limit-listener", listener, "/await?ms={ms}", exactly(ConnectionCap, listener, "as netutil.LimitListener(n) does"), "--limit-listener"),
		peer("compute", 1, "/compute", sizeless(CPU, "SHA-256 on every CPU")),
		peer("wait-compute", 1, "/wait-compute?ms={ms}", sizeless(CPU, "waits, then computes")),
		one,
	}
}

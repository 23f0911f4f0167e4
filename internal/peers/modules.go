package peers

// modules are limits that people put around a handler of Go's, with modules from
// elsewhere.
func modules(d draw) []Peer {
	get := []string{"go", "get", "github.com/go-chi/chi/v5@v5.5.0", "github.com/valyala/fasthttp@v1.77.0", "golang.org/x/sync@v0.24.0", "golang.org/x/time@v0.16.0"}
	peer := func(name, setup string, n int, w Wall) Peer {
		return Peer{
			Name: name, N: n, Wall: w, Heavy: "/heavy?ms={ms}", Canary: "/health", Files: []string{"modules.go"},
			Build: [][]string{{"go", "mod", "init", "peer"}, get, {"go", "build", "-mod=mod", "-o", "@DIR@/server", "modules.go"}},
			Run:   []Process{{Port: "PORT", Args: []string{"@DIR@/server", setup}}},
		}
	}
	fast, throttle, paced := d.between("fasthttp/concurrency", 5, 150), d.between("chi/throttle", 2, 150), d.between("go/rate-wait", 5, 40)
	return []Peer{
		peer("fasthttp/concurrency", "fasthttp", fast,
			exactly(Shedding, fast, "Server.Concurrency n: a connection past it is told 503: pkg.go.dev/github.com/valyala/fasthttp").also(ConnectionCap)),
		peer("chi/throttle", "throttle", throttle,
			exactly(Shedding, throttle, "middleware.Throttle(n): 429 past it: pkg.go.dev/github.com/go-chi/chi/v5/middleware")),
		peer("go/rate-wait", "rate-wait", paced, exactly(RateLimit, paced, "Limiter.Wait with a burst of 1: one after the other, n a second: pkg.go.dev/golang.org/x/time/rate")),
		peer("go/singleflight", "singleflight", 1, sizeless(None, "who comes while one is on its way shares its answer: pkg.go.dev/golang.org/x/sync/singleflight")),
	}
}

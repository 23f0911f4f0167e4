package peers

import "slices"

// flask are applications on Flask's own server, a thread for each connection,
// with something behind them that is not for everybody at once.
func flask(d draw) []Peer {
	app := func(name, file string, n int, w Wall, pkg ...string) Peer {
		return Peer{
			Name: name, N: n, Wall: w, Heavy: "/heavy?ms={ms}", Canary: "/health",
			Packages: slices.Concat([]string{"python3-flask"}, pkg), Files: []string{file + ".py"},
			Run: []Process{{Port: "PORT", Args: []string{"/usr/bin/python3", "-m", "flask", "--app", file, "run", "--host", "127.0.0.1", "--port", "@PORT@"}}},
		}
	}
	limiter := func(strategy string, n int) Peer {
		p := app("flask-limiter/"+strategy, "limiter_app", n,
			exactly(RateLimit, n, "“n per second”, "+strategy+": 429 past it: flask-limiter.readthedocs.io, Rate Limiting Strategies"), "python3-flask-limiter")
		p.Run[0].Env = []string{"STRATEGY=" + strategy}
		return p
	}
	fixed, moving := d.between("flask-limiter/fixed-window", 5, 40), d.between("flask-limiter/moving-window", 5, 40)
	clients, pool := d.between("postgres/max-connections", 5, 12), d.between("psycopg/timeout", 2, 40)
	full := withPostgres(app("postgres/max-connections", "postgres_app", clients,
		exactly(Shedding, clients, "max_connections=n, and a connection for each request: 500 past it: postgresql.org, Connections and Authentication"),
		"python3-psycopg2"), "DATABASE")
	full.Run[0].Args = append(full.Run[0].Args, "-c", "max_connections=@N@")
	return []Peer{
		limiter("fixed-window", fixed),
		limiter("moving-window", moving),
		app("sqlite/write-lock", "sqlite_app", 1,
			exactly(PrivatePool, 1, "one writer at a time; the others look again after up to 100 ms: sqlite.org, sqlite3_busy_timeout")),
		full,
		withPostgres(app("psycopg/timeout", "psycopg_pool_app", pool,
			exactly(PrivatePool, pool, "ConnectionPool(max_size=n, timeout=1): 503 for who has waited so long: psycopg.org, psycopg_pool").also(Shedding),
			"python3-psycopg", "python3-psycopg-pool"), "DATABASE"),
	}
}

package peers

import (
	"slices"
	"strconv"
)

const (
	backlog = "511" // more than a prober opens: refusing is not what these are about

	asyncio      = "docs.python.org/3/library/asyncio-dev.html, “Running Blocking Code”"
	anyioLimiter = "anyio.readthedocs.io, “Working with threads”: 40 tokens by default; starlette runs plain def there"
	uvicornLimit = "uvicorn settings, limit_concurrency; it counts connections and the new one itself, so one fewer is served"
)

// uvicorn serves fastapi_app.py.
func uvicorn(name string, n int, heavy, canary string, w Wall, args ...string) Peer {
	return Peer{
		Name: "uvicorn/" + name, N: n, Wall: w, Heavy: heavy, Canary: canary,
		Packages: []string{"python3-uvicorn", "python3-fastapi"},
		Files:    []string{"fastapi_app.py"},
		Run:      []Process{uvicornProcess("fastapi_app:app", args...)},
	}
}

func uvicornProcess(app string, args ...string) Process {
	return Process{Port: "PORT", Args: slices.Concat(
		[]string{"/usr/bin/python3", "-m", "uvicorn", "--host", "127.0.0.1", "--port", "@PORT@", "--no-access-log", app}, args)}
}

// threads has anyio's limiter set to N.
func threads(p Peer) Peer {
	p.Run[0].Env = []string{"THREADS=1"}
	return p
}

// asgi are servers whose requests are coroutines on a loop.
func asgi(d draw) []Peer {
	workers := d.between("uvicorn/workers", 2, 4)
	few, many := d.between("uvicorn/def-few", 2, 30), d.between("uvicorn/def-many", 50, 150)
	executor, semaphore := d.between("uvicorn/executor", 2, 60), d.between("uvicorn/semaphore", 2, 200)
	limit := d.between("uvicorn/limit-concurrency", 6, 120)
	aio := func(name string, n int, heavy string, w Wall, env ...string) Peer {
		return Peer{
			Name: "aiohttp/" + name, N: n, Wall: w, Heavy: heavy + "?ms={ms}", Canary: "/health",
			Packages: []string{"python3-aiohttp"}, Files: []string{"aiohttp_app.py"},
			Run: []Process{{Port: "PORT", Args: []string{"/usr/bin/python3", "aiohttp_app.py"}, Env: env}},
		}
	}
	clients := d.between("aiohttp/client", 2, 90)
	loops := d.between("tornado/processes", 2, 4)
	tornado := func(name string, n int, heavy string, w Wall) Peer {
		return Peer{
			Name: "tornado/" + name, N: n, Wall: w, Heavy: heavy + "?ms={ms}", Canary: "/health",
			Packages: []string{"python3-tornado"}, Files: []string{"tornado_app.py"},
			Run: []Process{{Port: "PORT", Args: []string{"/usr/bin/python3", "tornado_app.py"}}},
		}
	}
	return []Peer{
		uvicorn("sync-in-async", 1, "/sync-in-async?ms={ms}", "/health",
			exactly(Serial, 1, "time.sleep in async def stops the only loop: "+asyncio)),
		uvicorn("await", 1, "/await?ms={ms}", "/health",
			sizeless(None, "await asyncio.sleep: the loop serves others meanwhile")),
		uvicorn("def", 1, "/def?ms={ms}", "/health",
			exactly(PrivatePool, 40, anyioLimiter+"; the canary is async def and needs no thread")),
		uvicorn("def-canary-too", 1, "/def?ms={ms}", "/health-def",
			exactly(SharedPool, 40, anyioLimiter+"; the canary is plain def as well")),
		threads(uvicorn("def-few", few, "/def?ms={ms}", "/health",
			exactly(PrivatePool, few, "total_tokens of anyio's limiter"))),
		threads(uvicorn("def-many", many, "/def?ms={ms}", "/health-def",
			exactly(SharedPool, many, "total_tokens of anyio's limiter; the canary is plain def as well"))),
		uvicorn("executor", executor, "/executor?ms={ms}", "/health",
			exactly(PrivatePool, executor, "ThreadPoolExecutor(n) behind run_in_executor")),
		uvicorn("semaphore", semaphore, "/semaphore?ms={ms}", "/health",
			exactly(PrivatePool, semaphore, "asyncio.Semaphore(n)")),
		uvicorn("cpu-inline", 1, "/cpu", "/health",
			exactly(Serial, 1, "computes on the only loop: "+asyncio).also(CPU)),
		uvicorn("cpu-executor", 1, "/cpu-executor", "/health",
			sizeless(CPU, "threads that compute share the interpreter's lock: one CPU's worth in all")),
		uvicorn("limit-concurrency", limit, "/await?ms={ms}", "/health",
			exactly(Shedding, limit-1, uvicornLimit), "--limit-concurrency", "@N@"),
		uvicorn("workers", workers, "/sync-in-async?ms={ms}", "/health",
			exactly(Serial, workers, "--workers k: k loops, each stopped by one request").uneven(), "--workers", "@N@"),
		tornado("await", 1, "/await", sizeless(None, "await asyncio.sleep")),
		tornado("processes", loops, "/sync",
			exactly(Serial, loops, "fork_processes(k): k loops, each stopped by one request: tornadoweb.org, tornado.process").uneven()),
		aio("await", 1, "/await", sizeless(None, "await asyncio.sleep")),
		aio("sync", 1, "/sync", exactly(Serial, 1, "time.sleep in a coroutine: "+asyncio)),
		withUpstream(aio("client", clients, "/client",
			exactly(PrivatePool, clients, "TCPConnector(limit=n): docs.aiohttp.org, client reference"), "LIMIT=1")),
		withUpstream(aio("client-default", 1, "/client",
			exactly(PrivatePool, 100, "TCPConnector's limit is 100 by default: docs.aiohttp.org, client reference"))),
	}
}

// wsgi are servers that give a request a thread or a process.
func wsgi(d draw) []Peer {
	peer := func(name string, n int, heavy string, w Wall, pkg []string, args ...string) Peer {
		return Peer{
			Name: name, N: n, Wall: w, Heavy: heavy, Canary: "/health",
			Packages: pkg, Files: []string{"wsgi.py"}, Run: []Process{{Port: "PORT", Args: args}},
		}
	}
	const wait = "/heavy?ms={ms}"
	gunicorn := func(name string, n int, heavy string, w Wall, args ...string) Peer {
		return peer("gunicorn/"+name, n, heavy, w, []string{"gunicorn", "python3-gevent"}, slices.Concat(
			[]string{"/usr/bin/gunicorn", "--bind", "127.0.0.1:@PORT@", "--timeout", "0", "--worker-tmp-dir", "@DIR@"}, args, []string{"wsgi"})...)
	}
	sync := d.between("gunicorn/sync", 2, 12)
	gthread, each := d.between("gunicorn/gthread", 2, 60), d.between("gunicorn/gthread-workers", 3, 16)
	greenlets := d.between("gunicorn/gevent-connections", 5, 120)
	waitress, cheroot := d.between("waitress/threads", 2, 60), d.between("cheroot/threads", 2, 60)
	processes, perProcess := d.between("uwsgi/processes", 2, 10), d.between("uwsgi/threads", 2, 8)
	recycled, cheap, greens := d.between("gunicorn/max-requests", 2, 10), d.between("uwsgi/cheaper", 3, 4), d.between("eventlet/max-size", 5, 120)
	uwsgi := func(name string, n int, w Wall, args ...string) Peer {
		return peer("uwsgi/"+name, n, wait, w, []string{"uwsgi-core", "uwsgi-plugin-python3"}, slices.Concat(
			[]string{"/usr/bin/uwsgi", "--master", "--die-on-term", "--plugin", "python3", "--http-socket", "127.0.0.1:@PORT@",
				"--listen", backlog, "--disable-logging", "--processes", strconv.Itoa(n), "--wsgi-file", "wsgi.py"}, args)...)
	}
	stdlib := func(server string, w Wall) Peer {
		return Peer{
			Name: "http.server/" + server, N: 1, Wall: w, Heavy: wait, Canary: "/health", Packages: []string{"python3"},
			Files: []string{"stdlib_server.py"},
			Run:   []Process{{Port: "PORT", Args: []string{"/usr/bin/python3", "stdlib_server.py"}, Env: []string{"SERVER=" + server}}},
		}
	}
	cherootPeer := peer("cheroot/threads", cheroot, wait,
		exactly(SharedPool, cheroot, "numthreads=n: cheroot.cherrypy.dev, WSGI server"),
		[]string{"python3-cheroot"}, "/usr/bin/python3", "cheroot_server.py")
	cherootPeer.Files = append(cherootPeer.Files, "cheroot_server.py")
	eventlet := peer("eventlet/max-size", greens, wait,
		exactly(ConnectionCap, greens, "wsgi.server(max_size=n); one more is accepted and held: eventlet.net, wsgi"),
		[]string{"python3-eventlet"}, "/usr/bin/python3", "eventlet_server.py")
	eventlet.Files = []string{"eventlet_server.py"}
	return []Peer{
		gunicorn("sync-1", 1, wait, exactly(SharedPool, 1, "one synchronous worker, the default: docs.gunicorn.org, workers")),
		gunicorn("sync", sync, wait, exactly(SharedPool, sync, "--workers n of the synchronous kind"), "--workers", "@N@"),
		gunicorn("max-requests", recycled, wait, exactly(SharedPool, recycled, "--workers n, each of which is replaced after 50 to 70 requests: docs.gunicorn.org, max_requests"),
			"--workers", "@N@", "--max-requests", "50", "--max-requests-jitter", "20"),
		gunicorn("gthread", gthread, wait, exactly(SharedPool, gthread, "--worker-class gthread --threads n"),
			"--worker-class", "gthread", "--threads", "@N@"),
		gunicorn("gthread-workers", each, wait,
			exactly(SharedPool, 2*each, "two workers of n threads; a worker accepts more than its threads can serve").uneven(),
			"--worker-class", "gthread", "--workers", "2", "--threads", "@N@"),
		gunicorn("gevent", 1, wait, sizeless(None, "time.sleep is gevent's; 1,000 connections by default"), "--worker-class", "gevent"),
		gunicorn("gevent-connections", greenlets, wait,
			exactly(ConnectionCap, greenlets, "--worker-connections n: docs.gunicorn.org, settings"),
			"--worker-class", "gevent", "--worker-connections", "@N@"),
		gunicorn("gthread-cpu", 1, "/cpu", sizeless(CPU, "threads that compute share the interpreter's lock"),
			"--worker-class", "gthread", "--threads", "8"),
		peer("waitress/threads", waitress, wait, exactly(SharedPool, waitress, "threads=n: docs.pylonsproject.org, waitress arguments"),
			[]string{"python3-waitress"}, "/usr/bin/waitress-serve", "--listen", "127.0.0.1:@PORT@", "--threads", "@N@", "wsgi:application"),
		cherootPeer,
		eventlet,
		uwsgi("processes", processes, exactly(SharedPool, processes, "processes=n: uwsgi-docs, “Things to know”")),
		uwsgi("threads", 2, exactly(SharedPool, 2*perProcess, "processes=2, threads=n"), "--threads", strconv.Itoa(perProcess)),
		uwsgi("cheaper", cheap, exactly(SharedPool, cheap, "--cheaper 1: more, up to n, while all are busy: uwsgi-docs, The cheaper subsystem"), "--cheaper", "1"),
		stdlib("HTTPServer", exactly(Serial, 1, "one request at a time: docs.python.org, http.server")),
		stdlib("ThreadingHTTPServer", sizeless(None, "a thread for each connection: docs.python.org, http.server")),
	}
}

// pools are applications on a loop with a pool of connections behind them.
func pools(d draw) []Peer {
	web := []string{"python3-uvicorn", "python3-fastapi"}
	httpx := d.between("httpx/pool", 2, 90)
	asyncpg, psycopg2 := d.between("asyncpg/pool", 2, 60), d.between("psycopg2/pool", 2, 30)
	bouncer := d.between("pgbouncer/pool", 2, 40)
	app := func(name, file string, n int, w Wall, pkg ...string) Peer {
		return Peer{
			Name: name, N: n, Wall: w, Heavy: "/heavy?ms={ms}", Canary: "/health", Packages: slices.Concat(web, pkg),
			Files: []string{file + ".py"}, Run: []Process{uvicornProcess(file + ":app")},
		}
	}
	pooled := withPostgres(app("pgbouncer/pool", "asyncpg_app", bouncer,
		exactly(PrivatePool, bouncer, "default_pool_size=n of pgbouncer, behind a pool of 60 in the application; asyncpg resets what it gives back, so a request visits it twice, and of 2n none is answered early"),
		"python3-asyncpg", "pgbouncer"), "POSTGRES")
	pooled.Files = append(pooled.Files, "pgbouncer.ini")
	pooled.Run[1].Env = []string{"N=60"}
	pooled.Run = slices.Insert(pooled.Run, 1, Process{Port: "DATABASE", Args: []string{"/usr/sbin/pgbouncer", "pgbouncer.ini"}})
	return []Peer{
		withUpstream(app("httpx/pool", "httpx_app", httpx,
			exactly(PrivatePool, httpx, "Limits(max_connections=n): python-httpx.org, resource limits"), "python3-httpx")),
		withPostgres(app("asyncpg/pool", "asyncpg_app", asyncpg,
			exactly(PrivatePool, asyncpg, "create_pool(max_size=n)"), "python3-asyncpg"), "DATABASE"),
		withPostgres(app("psycopg2/pool", "psycopg2_app", psycopg2,
			exactly(Shedding, psycopg2, "ThreadedConnectionPool raises PoolError when all are taken: 500"), "python3-psycopg2"), "DATABASE"),
		pooled,
	}
}

package peers

// executors are loops that hand their waiting to threads or processes.
func executors(d draw) []Peer {
	processes := d.between("asyncio/process-pool", 2, 8)
	return []Peer{
		{
			Name: "daphne/wsgi-to-asgi", N: 1, Heavy: "/heavy?ms={ms}", Canary: "/health",
			Wall:     exactly(SharedPool, 1, "sync_to_async is thread-sensitive by default, and there is one such thread: github.com/django/asgiref"),
			Packages: []string{"daphne"}, Files: []string{"asgiref_app.py", "wsgi.py"},
			Run: []Process{{Port: "PORT", Args: []string{"/usr/bin/daphne", "--bind", "127.0.0.1", "--port", "@PORT@", "--verbosity", "0", "asgiref_app:app"}}},
		},
		{
			Name: "asyncio/process-pool", N: processes, Heavy: "/heavy?ms={ms}", Canary: "/health",
			Wall:     exactly(PrivatePool, processes, "ProcessPoolExecutor(n) behind run_in_executor: docs.python.org, concurrent.futures"),
			Packages: []string{"python3-uvicorn", "python3-fastapi"}, Files: []string{"process_pool_app.py"},
			Run: []Process{uvicornProcess("process_pool_app:app")},
		},
	}
}

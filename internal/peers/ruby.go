package peers

import "slices"

func ruby(d draw) []Peer {
	peer := func(name string, n int, w Wall, pkg, app string, files []string, args ...string) Peer {
		return Peer{
			Name: name, N: n, Wall: w, Heavy: "/heavy?ms={ms}", Canary: "/health", Packages: []string{pkg},
			Files: append(files, app), Run: []Process{{Port: "PORT", Args: args}},
		}
	}
	puma := func(name string, n int, w Wall, app string, args ...string) Peer {
		return peer("puma/"+name, n, w, "puma", app, nil, slices.Concat(
			[]string{"/usr/bin/puma", "--quiet", "--bind", "tcp://127.0.0.1:@PORT@", "--environment", "production"}, args, []string{app})...)
	}
	threads, each := d.between("puma/threads", 2, 40), d.between("puma/workers", 2, 8)
	processes := d.between("unicorn/workers", 2, 10)
	items := d.between("puma/connection-pool", 2, 20)
	behind := puma("connection-pool", items,
		exactly(PrivatePool, items, "ConnectionPool.new(size: n) behind 32 threads: github.com/mperham/connection_pool"),
		"pooled.ru", "--threads", "32:32")
	behind.Packages = append(behind.Packages, "ruby-connection-pool")
	return []Peer{
		puma("threads", threads, exactly(SharedPool, threads, "--threads n:n: puma.io, thread pool"), "config.ru", "--threads", "@N@:@N@"),
		puma("growing", threads, exactly(SharedPool, threads, "--threads 0:n: started as they are needed"), "config.ru", "--threads", "0:@N@"),
		puma("workers", each, exactly(SharedPool, 2*each, "two workers of n threads").uneven(), "config.ru", "--workers", "2", "--threads", "@N@:@N@"),
		behind,
		peer("unicorn/workers", processes, exactly(SharedPool, processes, "worker_processes n"),
			"unicorn", "config.ru", []string{"unicorn.rb"}, "/usr/bin/unicorn", "-c", "unicorn.rb", "-E", "production", "config.ru"),
	}
}

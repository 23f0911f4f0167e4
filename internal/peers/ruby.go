package peers

import "slices"

func ruby(d draw) []Peer {
	peer := func(name string, n int, w Wall, pkg string, files []string, args ...string) Peer {
		return Peer{
			Name: name, N: n, Wall: w, Heavy: "/heavy?ms={ms}", Canary: "/health", Packages: []string{pkg},
			Files: append(files, "config.ru"), Run: []Process{{Port: "PORT", Args: args}},
		}
	}
	puma := func(name string, n int, w Wall, args ...string) Peer {
		return peer("puma/"+name, n, w, "puma", nil, slices.Concat(
			[]string{"/usr/bin/puma", "--quiet", "--bind", "tcp://127.0.0.1:@PORT@", "--environment", "production"}, args, []string{"config.ru"})...)
	}
	threads, each := d.between("puma/threads", 2, 40), d.between("puma/workers", 2, 8)
	processes := d.between("unicorn/workers", 2, 10)
	return []Peer{
		puma("threads", threads, exactly(SharedPool, threads, "--threads n:n: puma.io, thread pool"), "--threads", "@N@:@N@"),
		puma("growing", threads, exactly(SharedPool, threads, "--threads 0:n: started as they are needed"), "--threads", "0:@N@"),
		puma("workers", each, exactly(SharedPool, 2*each, "two workers of n threads").uneven(), "--workers", "2", "--threads", "@N@:@N@"),
		peer("unicorn/workers", processes, exactly(SharedPool, processes, "worker_processes n"),
			"unicorn", []string{"unicorn.rb"}, "/usr/bin/unicorn", "-c", "unicorn.rb", "-E", "production", "config.ru"),
	}
}

package peers

// jdk is the JDK's own server with the executors of java.util.concurrent.
func jdk(d draw) []Peer {
	peer := func(name string, n int, w Wall) Peer {
		return compiled("jdk/"+name, n, w, "/heavy", "JdkServer", nil, nil, name)
	}
	fixed, refusing := d.between("jdk/fixed", 2, 200), d.between("jdk/no-queue", 2, 80)
	queueFirst, hikari := d.between("jdk/queue-first", 8, 15), d.between("jdk/hikari", 2, 50)
	return []Peer{
		peer("fixed", fixed, exactly(SharedPool, fixed, "newFixedThreadPool(n) as HttpServer's executor")),
		peer("cached", 1, sizeless(None, "newCachedThreadPool as HttpServer's executor")),
		peer("default", 1, exactly(Serial, 1, "without an executor the dispatching thread handles: HttpServer.setExecutor")),
		peer("queue-first", queueFirst, Wall{
			Kind: SharedPool, Low: 2, High: queueFirst,
			Because: "ThreadPoolExecutor from 2 to n: more than 2 are started once ten requests queue, and stay for a minute: ThreadPoolExecutor, “Queuing”",
		}),
		peer("no-queue", refusing, exactly(Shedding, refusing,
			"ThreadPoolExecutor(n) with a SynchronousQueue: the server hangs up on what is rejected: ThreadPoolExecutor, “Rejected tasks”")),
		withPostgres(compiled("jdk/hikari", hikari, exactly(PrivatePool, hikari, "maximumPoolSize=n: github.com/brettwooldridge/HikariCP, configuration"),
			"/heavy", "HikariServer", []string{"libhikaricp-java", "libpostgresql-jdbc-java"}, jars("HikariCP", "postgresql", "slf4j-api")), "DATABASE"),
	}
}

func jetty(d draw) []Peer {
	peer := func(name string, n int, w Wall) Peer {
		return compiled("jetty/"+name, n, w, "/heavy", "JettyServer", []string{"libjetty9-java"}, jars("jetty9-server",
			"jetty9-http", "jetty9-io", "jetty9-util", "jetty9-servlet", "jetty9-servlets", "jetty9-security", "servlet-api"), name)
	}
	threads, qos := d.between("jetty/threads", 10, 120), d.between("jetty/qos", 2, 80)
	return []Peer{
		peer("threads", threads, Wall{
			Kind: SharedPool, Low: threads - 8, High: threads - 1,
			Because: "QueuedThreadPool(n) less acceptors and selectors, whose number follows the CPUs: eclipse.dev/jetty, server threading",
		}),
		peer("qos", qos, exactly(PrivatePool, qos, "QoSFilter with maxRequests n suspends the others: eclipse.dev/jetty, quality of service filter")),
	}
}

func netty(d draw) []Peer {
	executors := d.between("netty/executors", 2, 12)
	return []Peer{compiled("netty/executors", executors,
		exactly(Serial, executors, "DefaultEventExecutorGroup(k): a connection is given one of k threads, and waits for it while others are idle: netty.io, EventExecutorGroup").uneven(),
		"/heavy", "NettyServer", []string{"libnetty-java"}, jars("netty-buffer", "netty-codec", "netty-codec-http",
			"netty-common", "netty-handler", "netty-resolver", "netty-transport"))}
}

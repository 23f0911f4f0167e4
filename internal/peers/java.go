package peers

import (
	"slices"
	"strings"
)

const tomcatConfig = "tomcat.apache.org, HTTP connector"

// java are servers of the JVM.
func java(d draw) []Peer {
	compiled := func(name string, n int, w Wall, path, canary, class string, pkg, jars []string, args ...string) Peer {
		classpath := strings.Join(append([]string{"@DIR@"}, jars...), ":")
		return Peer{
			Name: name, N: n, Wall: w, Heavy: path + "?ms={ms}", Canary: canary,
			Packages: append(pkg, "default-jdk-headless"), Files: []string{class + ".java"},
			Build: [][]string{{"javac", "-nowarn", "-cp", classpath, class + ".java"}},
			Run: []Process{{Port: "PORT", Args: slices.Concat(
				// Without UsePerfData nothing is left outside of the directory.
				[]string{"/usr/bin/java", "-XX:-UsePerfData", "-Xmx256m", "-cp", classpath, class}, args)}},
		}
	}
	tomcat := func(name string, n int, path string, w Wall, args ...string) Peer {
		return compiled("tomcat/"+name, n, w, path, "/health", "TomcatServer",
			[]string{"libtomcat10-embed-java", "libtomcat10-java"},
			[]string{"/usr/share/java/tomcat10-embed-core.jar", "/usr/share/java/tomcat10-annotations-api.jar"}, args...)
	}
	small, large := d.between("tomcat/small", 5, 30), d.between("tomcat/large", 60, 400)
	capped, rejecting := d.between("tomcat/max-connections", 5, 120), d.between("tomcat/semaphore", 3, 60)
	short := d.between("tomcat/short-backlog", 5, 60)
	callable := d.between("tomcat/callable", 2, 30)
	fixed := d.between("jdk/fixed", 2, 200)
	jetty := d.between("jetty/threads", 10, 120)
	jdk := func(name string, n int, w Wall) Peer {
		return compiled("jdk/"+name, n, w, "/heavy", "/health", "JdkServer", nil, nil, name)
	}
	jettyJars := []string{"server", "http", "io", "util"}
	for i, jar := range jettyJars {
		jettyJars[i] = "/usr/share/java/jetty9-" + jar + ".jar"
	}
	jettyPeer := compiled("jetty/threads", jetty, Wall{
		Kind: SharedPool, Low: jetty - 8, High: jetty - 1,
		Because: "QueuedThreadPool(n) less acceptors and selectors, whose number follows the CPUs: eclipse.dev/jetty, server threading",
	}, "/heavy", "/health", "JettyServer", []string{"libjetty9-java"}, append(jettyJars, "/usr/share/java/servlet-api.jar"))
	return []Peer{
		tomcat("small", small, "/heavy", exactly(SharedPool, small, "maxThreads=n: "+tomcatConfig), "maxThreads=@N@"),
		tomcat("default", 200, "/heavy", exactly(SharedPool, 200, "maxThreads is 200 by default: "+tomcatConfig)),
		tomcat("large", large, "/heavy", exactly(SharedPool, large, "maxThreads=n: "+tomcatConfig), "maxThreads=@N@"),
		tomcat("max-connections", capped, "/heavy",
			exactly(ConnectionCap, capped, "maxConnections=n: one more is accepted and held: "+tomcatConfig), "maxConnections=@N@", "acceptCount=511"),
		tomcat("short-backlog", short,
			"/heavy", exactly(ConnectionCap, short, "maxConnections=n, acceptCount=5: those past both try again after a second: "+tomcatConfig), "maxConnections=@N@", "acceptCount=5"),
		tomcat("async", 10, "/async", sizeless(None, "startAsync and a timer: the thread is given back"), "maxThreads=10"),
		tomcat("callable", callable, "/callable", exactly(PrivatePool, callable, "startAsync and an executor of n threads")),
		tomcat("semaphore", rejecting, "/semaphore",
			exactly(PrivatePool, rejecting, "Semaphore(n) in front of which up to 200 threads wait")),
		tomcat("monitor", 1, "/monitor", exactly(PrivatePool, 1, "a synchronized method; up to 200 threads wait for it")),
		jdk("fixed", fixed, exactly(SharedPool, fixed, "newFixedThreadPool(n) as HttpServer's executor")),
		jdk("cached", 1, sizeless(None, "newCachedThreadPool as HttpServer's executor")),
		jdk("default", 1, exactly(Serial, 1, "without an executor the dispatching thread handles: HttpServer.setExecutor")),
		jettyPeer,
	}
}

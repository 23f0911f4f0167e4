package peers

import (
	"slices"
	"strings"
)

const tomcatConfig = "tomcat.apache.org, HTTP connector"

// compiled is a class of programs/ on a JVM, with what it is to do as arguments.
func compiled(name string, n int, w Wall, heavy, class string, pkg, jars []string, args ...string) Peer {
	classpath := strings.Join(append([]string{"@DIR@"}, jars...), ":")
	return Peer{
		Name: name, N: n, Wall: w, Heavy: heavy + "?ms={ms}", Canary: "/health",
		Packages: append(pkg, "default-jdk-headless"), Files: []string{class + ".java"},
		Build: [][]string{{"javac", "-nowarn", "-cp", classpath, class + ".java"}},
		Run: []Process{{Port: "PORT", Args: slices.Concat(
			// Without UsePerfData nothing is left outside of the directory.
			[]string{"/usr/bin/java", "-XX:-UsePerfData", "-Xmx256m", "-cp", classpath, class}, args)}},
	}
}

// jars are where Debian puts them.
func jars(names ...string) []string {
	for i, name := range names {
		names[i] = "/usr/share/java/" + name + ".jar"
	}
	return names
}

// java are servers of the JVM.
func java(d draw) []Peer {
	tomcat := func(name string, n int, path string, w Wall, args ...string) Peer {
		return compiled("tomcat/"+name, n, w, path, "TomcatServer", []string{"libtomcat10-embed-java", "libtomcat10-java"},
			jars("tomcat10-embed-core", "tomcat10-annotations-api"), args...)
	}
	small, large := d.between("tomcat/small", 5, 30), d.between("tomcat/large", 60, 400)
	capped, rejecting := d.between("tomcat/max-connections", 5, 120), d.between("tomcat/semaphore", 3, 60)
	short := d.between("tomcat/short-backlog", 5, 60)
	callable := d.between("tomcat/callable", 2, 30)
	return append([]Peer{
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
	}, slices.Concat(jdk(d), jetty(d), netty(d))...)
}

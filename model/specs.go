package model

// Engines are the engines that exist, in the order in which help lists them.
// Defaults are those of the system that the engine stands for.
var Engines = []EngineSpec{thread, future, loop, hybrid, vthread, goroutine}

// What an engine may be configured with, which the simulator goes up to, and what
// runs for real: 9,000 threads that each have a connection to serve and one to an
// upstream, and 15,000 connections, of the 20,000 descriptors that a process often
// has at most.
const (
	mostThreads, realThreads         = 1_000_000, 9000
	mostConnections, realConnections = 10_000_000, 15_000
)

// connectionOptions are those of every engine that serves connections itself.
func connectionOptions(connections, backlog, keepalive string) []Option {
	return []Option{
		{Name: "connections", Kind: IntOption, Default: connections, Min: 1, Max: mostConnections, Real: realConnections, Help: "connections served; one more is accepted and held (maxConnections)"},
		{Name: "backlog", Kind: IntOption, Default: backlog, Min: 1, Max: 65535, Help: "connections the kernel queues (acceptCount)"},
		{Name: "keepalive", Kind: DurationOption, Default: keepalive, Help: "after which an idle connection is closed (keepAliveTimeout)"},
	}
}

// containerOptions are the pool of container threads, in Tomcat's shape.
// Defaults: Tomcat 10.1, "The HTTP Connector" and "The Executor".
func containerOptions() []Option {
	return append([]Option{
		{Name: "max", Kind: IntOption, Default: "200", Min: 1, Max: mostThreads, Real: realThreads, Shown: true, Help: "threads at most (maxThreads)"},
		{Name: "spare", Kind: IntOption, Default: "10", Min: 0, Max: mostThreads, Real: realThreads, Help: "idle threads kept (minSpareThreads)"},
		{Name: "queue", Kind: LimitOption, Default: "unbounded", Min: 0, Max: 1 << 20, Help: "requests that may wait for a thread; one more gets 503"},
		{Name: "idle", Kind: DurationOption, Default: "60s", Help: "after which a thread beyond spare ends (maxIdleTime)"},
	}, connectionOptions("8192", "100", "20s")...)
}

var thread = EngineSpec{
	Name: "thread",
	Help: "a pool of OS threads; a request keeps one all its life (Tomcat under Spring MVC)",
	Options: append(containerOptions(),
		Option{Name: "reuse", Kind: EnumOption, Default: "on", Enum: []string{"on", "off"}, Help: "off creates a thread for each request"},
	),
}

var future = EngineSpec{
	Name: "future",
	Help: "a pool thread until the first await; the rest is a continuation (Spring MVC's asynchronous requests)",
	Options: append(containerOptions(),
		// Defaults: Spring's ThreadPoolTaskExecutor as Spring Boot 3 sets it up.
		Option{Name: "executor", Kind: LimitOption, Word: "direct", Default: "direct", Min: 1, Max: mostThreads, Real: realThreads, Help: "threads that run continuations (core-size); direct: they run on the client's own thread"},
		Option{Name: "executor-max", Kind: LimitOption, Default: "unbounded", Min: 1, Max: mostThreads, Real: realThreads, Help: "threads that the executor grows to once its queue is full (max-size)"},
		Option{Name: "executor-queue", Kind: LimitOption, Default: "unbounded", Min: 0, Max: 1 << 20, Help: "continuations that may wait for an executor's thread (queue-capacity)"},
	),
}

// slow is asyncio's slow_callback_duration.
var slow = Option{Name: "slow", Kind: DurationOption, Default: "100ms", Help: "a step that keeps its loop longer is named (slow_callback_duration)"}

var loop = EngineSpec{
	Name: "loop",
	Help: "coroutines on one event loop: async and await (asyncio under uvicorn)",
	Options: append([]Option{
		{Name: "style", Kind: EnumOption, Default: "coroutine", Enum: []string{"coroutine", "cps"}, Help: "cps: steps run as callbacks, without a stack of their own"},
		{Name: "poll", Kind: EnumOption, Default: "wait", Enum: []string{"wait", "busy"}, Help: "busy: asks its descriptors again and again instead of waiting to be told"},
		slow,
	}, connectionOptions("15000", "2048", "5s")...), // uvicorn's backlog and timeout_keep_alive
}

var hybrid = EngineSpec{
	Name: "hybrid",
	Help: "event loops for I/O, worker pools for CPU and for blocking calls",
	Options: append([]Option{
		{Name: "loops", Kind: IntOption, Default: "0", Min: 0, Max: 1024, Help: "event loops; 0: the number of CPUs the server has"},
		{Name: "workers", Kind: IntOption, Default: "0", Min: 0, Max: 1024, Help: "threads that compute; 0: the number of CPUs the server has"},
		{Name: "workers-queue", Kind: LimitOption, Default: "unbounded", Min: 0, Max: 1 << 20, Help: "computations that may wait for a worker; one more is refused with 503"},
		{Name: "blocking", Kind: IntOption, Default: "40", Min: 1, Max: mostThreads, Real: realThreads, Help: "threads that make blocking calls (AnyIO's 40)"},
		{Name: "blocking-max", Kind: IntOption, Default: "40", Min: 1, Max: mostThreads, Real: realThreads, Help: "blocking threads that there may be once the queue is full"},
		{Name: "blocking-queue", Kind: LimitOption, Default: "unbounded", Min: 0, Max: 1 << 20, Help: "blocking calls that may wait for a thread; one more is refused with 503"},
		{Name: "nice", Kind: IntOption, Default: "10", Min: 0, Max: 19, Help: "nice value of the threads that compute, so that loops come first"},
		slow,
	}, connectionOptions("15000", "2048", "20s")...),
}

var vthread = EngineSpec{
	Name: "vthread",
	Help: "a virtual thread per request, mounted on one of a few carriers (JDK 21 and later)",
	Options: append([]Option{
		{Name: "carriers", Kind: IntOption, Default: "0", Min: 0, Max: 1024, Help: "carrier threads (jdk.virtualThreadScheduler.parallelism); 0: the number of CPUs the server has"},
		{Name: "pinning", Kind: EnumOption, Default: "jdk24", Enum: []string{"jdk21", "jdk24"}, Help: "jdk21: a monitor pins the carrier, entering it and waiting inside it; jdk24: only block does"},
		{Name: "compensate", Kind: IntOption, Default: "0", Min: 0, Max: 1024, Help: "carriers that may be added for pinned ones"},
		{Name: "slow", Kind: DurationOption, Default: "20ms", Help: "a step that pins its carrier longer is named (jdk.VirtualThreadPinned's threshold)"},
	}, connectionOptions("15000", "2048", "20s")...),
}

var goroutine = EngineSpec{
	Name: "goroutine",
	Help: "a goroutine per connection, Go's own M:N scheduler (the control)",
	Options: []Option{
		{Name: "http", Kind: EnumOption, Default: "wire", Enum: []string{"wire", "net"}, Help: "wire: the codec all engines share; net: plain net/http, as people deploy it"},
		{Name: "procs", Kind: IntOption, Default: "0", Min: 0, Max: 1024, Help: "GOMAXPROCS; 0: the number of CPUs the server has"},
		{Name: "keepalive", Kind: DurationOption, Default: "20s", Help: "after which an idle connection is closed"},
	},
}

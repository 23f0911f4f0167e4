// Package thread serves requests on a bounded pool of operating system
// threads, each in real blocking system calls: the model of Tomcat's NIO
// connector under Spring MVC, whose vocabulary and defaults it follows
// (Tomcat 10.1, "The HTTP Connector" and "The Executor").
//
// A connection passes through, in this order,
//
//   - the acceptor, a thread that takes connections from the kernel. At
//     `connections` open ones it accepts one more and holds it, unserved, until
//     another closes; what comes after that waits in the kernel's `backlog`;
//   - the poller, a thread on epoll. A keep-alive connection between two
//     requests costs a registration there and no thread, and is closed after
//     `keepalive`;
//   - the executor, threads and a queue. It starts with `spare` threads, grows
//     to `max` before it queues (Tomcat's TaskQueue, the opposite of
//     java.util.concurrent's order), and ends threads beyond `spare` that were
//     idle for `idle`. A request that finds the queue full is answered 503 with
//     Retry-After.
//
// From its first byte to its last a request keeps the thread it was given,
// whatever it waits for: reads and writes are blocking read(2) and write(2) on
// descriptors in blocking mode, [engine.Task.Sleep] is clock_nanosleep(2),
// waiting for a resource is futex(2). The branches of [engine.Task.All] run on
// threads of their own, the first on the request's. These auxiliary threads
// are kept for reuse beside `max` and are not among engine.Stats.Threads;
// [Engine.Auxiliary] counts them.
//
// # Where it differs from Tomcat
//
// A thread that waits for work is woken by name: the executor keeps a list of
// idle threads, each asleep on a futex of its own, and hands a connection to
// the one that was busy last. Threads that read one shared eventfd would all be
// woken by each write to it, because the kernel queues its readers as
// non-exclusive waiters (206 context switches for each hand-over to 200 idle
// threads, against 7). Taking the last one, where Tomcat takes the first, lets
// a pool that a burst has grown shrink again under light load.
//
// A head that comes in pieces keeps its thread until it is whole, or is answered
// 408 after engine.Limits.HeaderTimeout, where Tomcat gives the connection back to
// its poller: `max` clients that send half a head keep all others waiting for that
// long.
//
// The poller closes a connection that its client has closed, without a thread,
// and tells a running request by its context.
//
// # The process it runs in
//
// A thread needs one of Go's processors to return from a system call. With
// fewer processors than threads Go's scheduler hands them around and becomes
// the bottleneck (200 threads: 11,000 to 15,000 requests/s and p99 1 s with
// GOMAXPROCS=1; 47,000 and 11 ms with 200). So the engine is meant for a
// process of its own with GOMAXPROCS as [Procs] says, and without cgo, where a
// thread's stack would be 8 MB of address space. The engine does not set
// GOMAXPROCS itself.
//
// The package is Linux only.
package thread

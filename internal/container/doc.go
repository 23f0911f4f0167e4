// Package container is the part of a servlet container that is the same
// whatever its threads do with a request, in the shape of Tomcat's NIO connector,
// whose vocabulary and defaults it follows (Tomcat 10.1, "The HTTP Connector" and
// "The Executor"). A connection passes through, in this order,
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
// What a thread then does is the business of the engine's [Carrier]: engine/thread
// keeps it for all of the request, engine/future gives it back.
//
// The poller closes a connection that its client has closed, without a thread,
// and tells a running request by its context.
//
// The package is Linux only.
package container

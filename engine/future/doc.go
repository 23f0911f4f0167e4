// Package future serves requests as Spring MVC serves asynchronous ones: a
// request has a thread of the container until it first awaits. The thread goes
// back to its pool then, and what is left of the handler is a continuation, run
// where the awaited result is there. Container and defaults are Tomcat's
// (package internal/container; Tomcat 10.1), the executor Spring's
// ThreadPoolTaskExecutor as Spring Boot 3 sets it up.
//
// Handlers are plain sequential Go, so the continuation is a coroutine, "the
// rest of the handler" on a stack of its own. Three places run it:
//
//   - a container thread, from the request's first byte to its first await, and
//     again to write the response: completion is dispatched back (Servlet 3.0's
//     AsyncContext.dispatch). In between, reading from the client and writing to
//     it is done there, too, because it blocks;
//   - the client, one event loop on one thread, which does all I/O of awaits (the
//     loop under WebClient). With executor=direct it also runs what comes after
//     an await, as a CompletableFuture completed by WebClient.toFuture does;
//   - with executor=8 a thread of the executor runs that, as thenApplyAsync has
//     it. There are `executor` threads, and up to `executor-max` once the queue
//     of `executor-queue` is full (java.util.concurrent's order of growth). Where
//     that is full, too, the request is answered 503 with Retry-After.
//
// # Who pays
//
//   - Await, Hold, Sleep and the end of All give the thread back, whichever it is.
//   - Call, Compute and Block keep it: in a continuation, with executor=direct,
//     the client's. Then the completions of all other requests wait. Stats counts
//     such stalls with the step that caused them.
//   - A connection that is dialled inside Call is a blocking one: a thread sleeps
//     in read(2). It is another than those of awaits, as the connections of
//     RestTemplate and JDBC are not WebClient's. Everything inside a Call keeps
//     the thread.
//   - The branches of All are coroutines that start one after the other, each
//     when the one before has suspended or ended, the first last, which is the
//     caller's own; their waits overlap, their calls do not.
//
// What has been admitted is not refused where completion is dispatched back, or
// a slot of a resource granted: these pass the limits of the queues.
//
// # The process it runs in
//
// Coroutines that move between threads need goroutines that are not locked to
// one. A goroutine in a blocking system call has a thread of its own all the
// same, so N requests in a Call are N threads in read(2), as long as Go has a
// processor for each; hence [Procs], and RuntimeSlack as in engine/thread.
//
// # What it does not reproduce
//
// The timeout of asynchronous requests (30 s in Tomcat) is the
// handler's business here. Threads have no names of their own. A head that comes
// in pieces keeps its thread, as on engine/thread.
//
// The package is Linux only.
package future

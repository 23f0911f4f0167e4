// Package hybrid serves requests as coroutines on event loops, and takes off
// the loops what would stall them: computations run on CPU workers, synchronous
// calls and opaque waits on blocking workers. It is what becomes of an event
// loop in production: Netty with its executors, asyncio with run_in_executor
// (AnyIO's 40 threads under FastAPI), tokio with spawn_blocking.
//
//   - N event loops, each with a thread, an accept queue of its own
//     (SO_REUSEPORT: the kernel spreads the clients) and the connections that it
//     accepted, for their whole life. A connection between two requests costs a
//     registration and no coroutine.
//   - `workers` threads that compute. They are nice, so that a loop that has
//     something to do comes first: the light requests beside them then do not
//     wait for a CPU.
//   - `blocking` threads that call and block, made as they are needed, up to
//     `blocking-max` once their queue is full (java.util.concurrent's order),
//     and ended after [Idle] without work.
//
// A queue that is full rejects: the handler is unwound (its deferred functions
// run, held resources are given back) and the request is answered 503 with
// Retry-After.
//
// # What runs where
//
// A step's function runs as an ordinary function on the worker, with the task;
// the request's coroutine stays on its loop, suspended, and goes on there when
// the function has returned. The task belongs to the worker's goroutine
// meanwhile. What the function panics with, the step panics with on the
// coroutine, as a [*WorkerPanic] that has the stack; if it ends its goroutine
// (runtime.Goexit), the request's ends too.
//
// What is on a worker stays there until its function returns: a worker is a
// thread, and does what a thread does. (Steps that moved on to another pool
// would occupy two workers each, and steps that wait for a worker of the pool
// they are on could wait for each other for ever.) So a step costs, by where it
// is made:
//
//	            in the handler,      in call or block,     in compute,
//	            await, hold or all   on a blocking worker  on a CPU worker
//	await       suspends             blocks the worker     blocks the worker
//	call        a blocking worker    runs on the worker    runs on the worker
//	compute     a CPU worker         runs on the worker    runs on the worker
//	block       a blocking worker    runs on the worker    runs on the worker
//	hold        suspends             blocks the worker     blocks the worker
//	all         coroutines           threads beside        threads beside
//	Sleep       suspends             blocks the worker     blocks the worker
//	Dial        call; in await it    blocks the worker     blocks the worker
//	            suspends
//
// hold and all leave their functions where they are: inside an await they
// await. The first function of all runs where it is called; the others, if that
// is on a worker, run each on a goroutine of its own beside the pool, whose
// waits block it.
//
// A connection waits as the verb says in which it is used, whichever it was
// dialled in: in an await it suspends; on a worker it blocks; outside of any
// verb each Read and Write is a call, and goes to a blocking worker. Connections
// dialled in an await are the loop's, all others the engine's (engine.HostOf).
//
// # What it finds
//
// No call, computation or opaque wait is on a loop. What still can stall one is
// an await that is none (it computes, or waits in something opaque, under the
// wrong name), and the handler's own code between steps. A stretch of either
// that keeps its loop for `slow` or longer is counted in engine.Stats.Stalls
// under its name, and logged once.
//
// # The process it runs in
//
// Workers are threads, and each needs one of Go's processors when it comes back
// from a system call. So while an engine serves it raises GOMAXPROCS to one for
// each of its threads, as it makes them; see [Procs] for what it begins with.
//
// The package is Linux only.
package hybrid

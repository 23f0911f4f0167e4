// Package loop serves requests on one event loop, as coroutines: the model of
// asyncio under uvicorn, of Node, and of one of Netty's loops. One operating
// system thread waits for events and runs whatever is ready, in order of
// readiness; a handler is a coroutine that leaves the thread where it awaits.
//
// # What waiting costs
//
// Await, Sleep, Hold, All and the client's own connection suspend: the
// coroutine's stack stays on the heap, and the loop goes on with others. Call,
// compute and block run on the loop, and until they are done nobody else is
// served, accepted or told anything: they stall it. Outside of any step a
// connection waits as in a call. The innermost step counts: an await inside a
// call suspends.
//
// A handler may also wait in plain Go (a channel, a mutex, time.Sleep). It works
// and stalls the loop. What such a handler waits for goes on without the loop:
// other goroutines block their own threads on the engine's connections, and the
// request's context ends when its client goes away, although the loop cannot
// see that. A lock that is held across an await can stall the loop for good:
// use [engine.Task.Hold].
//
// # Without a stack
//
// With `style=cps` a handler that is a cps.Handler (package engine/cps) runs as callbacks, on the
// loop's own stack, and a request that waits keeps a few closures instead of a
// coroutine. Steps cost the same: await leaves the loop, the others stall it.
// Requests with a body, the rest of a head that comes in pieces, and of an
// answer that its client does not take at once, are done by coroutines. Any
// other handler is refused.
//
// What needs a caller or a stack is missing: a panic fails the request at once,
// since nobody called the callback that could recover; writing never waits, so no
// write deadline ever strikes, and a connection is taken over (http.Hijacker)
// before much is written or not at all; and servers are asked by cps.Task's Get,
// which takes no context, not on connections of one's own.
//
// # Polling without waiting
//
// With `poll=busy` the loop never waits to be told. It asks for events without
// the intent to wait, turn after turn; and a coroutine in an await, or asleep,
// is put back into the queue and asks its own connection, or the clock, in each
// turn again. Nothing ever blocks, and others are served meanwhile; but the
// loop takes a whole CPU for itself while nothing happens, and each request
// that waits costs a system call per turn. Not blocking is not yet being
// asynchronous.
//
// # What the engine tells
//
// A stretch from giving a coroutine control until it gives it back that is as
// long as `slow` is a stall. It is counted in Stats by the step that took most
// of it (an await that did not suspend is one, too), and logged when a step is
// first seen to do it: asyncio's slow_callback_duration. Stats.Loops has the
// time that the loop was busy, what of it calls, computations and blocking
// steps took, and how long an event waits for the loop. Threads is 1.
//
// A request's residence begins when the loop fetches the event of its last
// byte, and ends when its answer is with the kernel. From when it could go on
// until it does it is runnable; before its first stretch, queued.
//
// # Connections
//
// One that is idle is an epoll registration and a few hundred bytes; a
// coroutine with its buffers is taken from a free list for each request. At
// `connections` open ones the loop accepts one more and holds it, unserved,
// until another closes; what comes after that waits in the kernel's `backlog`.
// When the engine stops it takes no new client and answers what was received;
// idle connections stay for engine.Limits.Linger.
//
// # The process it runs in
//
// The loop is one thread, so a process that only serves with it needs
// GOMAXPROCS=1. The engine does not set that itself.
//
// The package is Linux only.
package loop

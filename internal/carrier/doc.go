// Package carrier schedules virtual threads: many coroutines on a few
// carriers, M on N. A thread that has something to do is mounted on whichever
// carrier is free and runs until it parks; then the carrier takes the next.
// Threads are served first come, first served, from one queue, as JDK 21 has
// its carriers do (ForkJoinPool with asyncMode).
//
// In order of use: [New], [Scheduler.Start], then [Scheduler.Ready] whenever a
// [Thread] is to run; [Scheduler.Stop] when none is left. A thread that is about to wait in a way
// that keeps its carrier says so with [Scheduler.Pin] and [Scheduler.Unpin],
// one that is about to compute with [Scheduler.Away].
//
// # Who waits for events
//
// There is no thread for I/O: a carrier that finds nothing to run polls, as
// Go's processors do, so that a request on an idle server is served without a
// hand-over between cores, which costs 15 µs. One polls at a time and the
// others sleep. A carrier that finds more than it can run wakes one other, and
// that one the next; while one is on its way nobody else is woken. Before a
// carrier computes or is pinned it leaves polling to another; for one that does
// not say so a watch looks after [unwatched].
//
// The events are also asked for, without waiting, whenever as many threads have
// run as were ready the last time: a busy queue does not keep new arrivals out
// for longer than an event loop does.
//
// # Carriers and OS threads
//
// Carriers are goroutines that are not locked to a thread, because coroutines
// that change carriers cannot be resumed by locked ones. A carrier whose
// coroutine is in a system call has no substitute: Go hands the processor over,
// but to another carrier, if there is one with something to do. So there are
// never more threads running than carriers, whatever GOMAXPROCS says; it should
// be the number of carriers, or one that blocks keeps a processor for the
// 20 µs to 10 ms in which Go's monitor finds out.
package carrier

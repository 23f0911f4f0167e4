// Package vthread serves each request on a virtual thread, as the Java platform
// does from version 21: many threads, mounted on a few carriers.
//
// A thread that waits is unmounted, and costs nothing but its stack: in await
// and in call alike, so that ordinary synchronous code scales. Readiness mounts
// it again, on whichever carrier is free. compute keeps the carrier. block pins
// it: what runs there cannot be suspended, so the carrier waits with it.
//
// A Hold of an [engine.Monitor] is a synchronized block. With pinning=jdk24 it
// is like any other Hold (JEP 491). With pinning=jdk21 the thread is pinned
// while it waits to enter, and whatever it waits for inside, too; what waits
// for a slot of another resource is unmounted. With compensate=N up to N
// carriers are added while others are pinned, which JDK 21 does for file I/O
// and Object.wait only.
//
// A pin that lasts longer than slow is counted under its step
// ([engine.Stats].Stalls) and told once. Where every carrier is pinned by a
// thread that waits for another thread, nothing ever goes on: that is found,
// told with steps and resources, and counted. An engine that is stopped in such
// a deadlock adds carriers until it is undone, so that every request is
// answered.
//
// # What is not reproduced
//
// JDK 21's carriers have a queue each and steal from one another; here they
// share one, which keeps the order. A mount from it costs less than a
// microsecond, the switch of stacks included (BenchmarkMount of package
// carrier), and a request of black-friday takes three: what stealing could save
// of that would not show. In a block, a wait for another thread (Hold, All) lends the
// carrier meanwhile, where Java's native code keeps it. A sync.Mutex is none of Java's locks: held across a
// wait it can stop the engine for good; use Hold. Carriers are goroutines: one
// that is pinned in a system call keeps an OS thread, one in a channel's
// operation keeps none, and in both cases it is a carrier less.
package vthread

// Package goroutine serves requests the way Go does: a goroutine for each
// connection on the runtime's own M:N scheduler and network poller. It is the
// control that the other engines are measured against.
//
// With http=wire, the default, requests are read and answered by the same code
// as on every other engine, so that a difference is the model's and not the
// codec's. http=net serves the same handler with plain net/http, as people
// deploy it.
//
// Of [engine.Limits], net/http keeps Head, Body, HeaderTimeout and Linger; the
// other two it has no equal of.
//
// # What waiting costs
//
// Await, Call, Sleep and Hold park the goroutine; a processor goes on with
// others. Compute keeps a processor. Block runs its function as it is: in a
// system call that takes over 20 µs the runtime hands the processor to another
// OS thread. All starts a goroutine for each function but the first.
//
// # What its Stats mean
//
// Threads is GOMAXPROCS, the processors that goroutines share; Busy is how many
// requests are running or runnable, at most Threads: the runtime does not tell
// the two apart from outside. So Queued is always 0, and a request that waits
// for a processor counts as on the CPU, not as runnable: Go has no CPU clock
// for a goroutine. A request's residence begins when its head has been read and
// ends when its answer is with the kernel. Under http=net the net/http server
// writes the end of an answer after that, and a request it refuses is not
// counted. OS threads that the runtime adds for blocked system calls are not
// among Threads.
//
// # When the client goes away
//
// The request's context ends. Finding that out costs a handler nothing that
// does not look: the first use of Done or Err puts the connection, for the rest
// of its life, into an epoll set for the peer's end of file (EPOLLRDHUP, edge
// triggered), beside the runtime's own. net/http instead starts a goroutine
// that reads a byte ahead for every request. As there, a client that shuts down
// its write side while it waits counts as gone.
//
// # How it stops
//
// When Serve's context ends no new connection is begun: SYNs are dropped, and
// those the kernel had accepted already are served. From then on answers carry
// Connection: close. An idle connection stays for [engine.Limits].Linger, so
// that a request that is on its way is answered; then its write side is shut
// down, and it is closed when the client has closed its own, or after half a
// second. Closed at once, what the client was sending would reset it.
//
// The package is Linux only.
package goroutine

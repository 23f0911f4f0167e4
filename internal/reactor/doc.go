// Package reactor multiplexes descriptors, timers and work posted by other
// threads onto one goroutine. It is what event loops, the load generator and
// the stand-in upstreams stand on, and it is built so that it can be measured
// against: nothing is allocated per event or timer, and a timer fires within
// about 0.1 ms of its time, where the millisecond timeout of epoll_wait is
// 1.1 ms late.
//
// In order of use: [New], [Reactor.Add] descriptors in non-blocking mode with
// a [Handler] each, [Reactor.Start] a [Timer], then [Reactor.Run], or
// [Reactor.Poll] for a loop of one's own. [Read], [Write] and [Accept4] are the
// system calls that a handler makes, without the cost of telling the Go
// scheduler about a call that cannot block.
//
// Lock the goroutine to its thread (runtime.LockOSThread) where latency
// matters: a wait that returns on another thread costs a hand-over.
//
// The implementation is epoll, so on systems other than Linux the package is
// empty.
package reactor

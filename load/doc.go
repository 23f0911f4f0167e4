// Package load sends HTTP/1.1 requests at the times a schedule says, whether or
// not earlier ones were answered (an open loop), and measures each from the time
// it was due. A stall of the server, or of this client, is therefore in the
// latency of every request that was due meanwhile: nothing is hidden by
// coordinated omission.
//
// [NewSchedule] is the pure part: (seed, position) gives the time, route and
// seed of each arrival, so every engine gets the same ones. [Run] keeps to it on
// one thread, hands a [Second] of histograms to its sink as soon as everything
// due in that second has ended, and returns a [Summary]. [Config.Closed] asks
// for a closed loop instead, to show what such a measurement hides. [Record] is
// Run with a record of it, of which a [Replay] makes the same summary again.
//
// What a run means by its numbers:
//
//   - latency = done − intended, service = done − sent, lag = sent − intended;
//   - each request counts in the second it was due, with one [Outcome];
//   - arrivals = the sum of outcomes, in every second and in the summary.
//
// The client needs epoll: on systems other than Linux, Run says so.
package load

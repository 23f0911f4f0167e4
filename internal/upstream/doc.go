// Package upstream stands in for what is behind a service: the payment API,
// the database, the language model. It holds every request for as long as the
// request says and then answers it, and it knows how many it holds:
//
//	GET /<name>?us=<microseconds>   200, once that much time has passed
//
// The time counts from when the head of the request was received. The caller
// samples it, so that the same seed gives every engine the same upstream.
//
// In order of use: [New], [Server.Serve] on a listener, [Server.Stats] for the
// gauges, [Server.ResetPeaks] between snapshots. One thread and one reactor hold
// thousands of requests; more than one process can open descriptors for takes
// several. A server measures its own lateness, because an upstream that
// answers late looks, to whoever waits for it, like a slow service.
//
// A connection is served one request at a time: pipelined requests wait, and
// the head of the next counts as received when the answer before it was
// written. A client that closes its connection, or its sending half, while its
// request is held has abandoned the request.
//
// The server is Linux only; [Stats] is what other systems read in a record.
package upstream

// Package exchange serves HTTP/1.1 requests on one connection: it reads a
// head, runs an [http.Handler] on the calling goroutine, and writes the
// response. Every engine stands on it. What differs between engines is how
// they wait, and that is in the [Transport]; exchange starts no goroutine and
// no timer, and holds no lock, so that it runs on an OS thread in a blocking
// read as well as on a coroutine. An engine's loop for a connection is
//
//	c := exchange.New(transport, &config)
//	for c.ReadHead() == nil {
//		switch c.Serve(ctx, handler, draining) {
//		case exchange.Hijacked:
//			return
//		case exchange.Close:
//			c.Close()
//			return
//		}
//		if !c.Buffered() {
//			c.Idle() // and wait until the transport is readable
//		}
//	}
//	c.Close()
//
// The context belongs to the engine: its values, and that it ends when the
// client goes away, which the engine's Transport sees first.
//
// # What a handler can rely on
//
// net/http is the contract, to the size at which a response becomes chunked;
// a test runs some two hundred requests through both and lists every
// difference with its reason. Those that matter to a handler:
//
//   - A panic before anything was sent is answered with 500.
//   - A handler that returns without a word after the request body failed has
//     answered 400, 408 or 413, as the fault was, and not 200.
//   - A body is read by one goroutine at a time; a second one gets an error.
//     If one still reads when the handler has returned, the connection ends.
//   - [http.MaxBytesReader] limits, but cannot tell the server to hang up: it
//     asks for an unexported method. A body past [drainLimit] does that anyway.
//   - OPTIONS * reaches the handler.
//   - http.CloseNotifier, deprecated since Go 1.11, is not implemented: the
//     request's context says the same.
//
// # What is allocated, and what is reused
//
// A GET answered with one header field and a short text takes 7 allocations:
//
//   - 1 for the Request, its URL and the ResponseWriter together
//   - 2 for the request's Header map, 1 for all its values
//   - 2 for the response's Header map, and 1 for the value, in Header.Set;
//     none if the handler sets no field
//
// A request body takes one more. Fields that the connection's last request did
// not have cost a string each. None of these is reused, because handlers may
// keep them. Reused are the buffers of 10 KiB in all (4 in, 2 for output that
// is not framed yet, 4 out) and the parser's list of fields, which come from a
// pool and go back while the connection is idle, or a handler waits that has not
// said anything; buffers of 32 KiB for long
// heads, chunked uploads and io.Copy; the text of the Date field, for a second;
// and up to eight short strings of names and values of a connection's last
// head, which are immutable and mostly the same in the next one.
package exchange

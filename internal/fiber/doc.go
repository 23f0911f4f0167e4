// Package fiber is what the engines on coroutines share: [Fiber]s, connections
// that suspend them, and an HTTP server that runs each request on one. What is
// left to an engine is a scheduler, and what each verb costs.
//
//	g := fiber.NewGroup(reactor, scheduler)  // scheduler.Ready(f): have f run
//	c := new(fiber.Carrier)                  // per thread that runs fibers
//	slice := c.Run(f, now)                   // runs f until it waits; says how long, and which step took it
//	s, err := fiber.NewServer(g, listener, fiber.Config{…})
//	s.Start(); s.Stop()                      // both anywhere; s.Done() is closed when all is answered
//	fiber.Current()                          // the fiber of the calling goroutine, or nil
//	f.SetWait(fiber.Suspend|Block|Pin|Ask)   // what a wait from here on costs; returns what to set it back to
//	f.Enter(op, verb); f.Leave(token)        // which step a stretch of a slice is put down to
//	f.Park(); f.Unpark()                     // engine.Parker; Unpark from anywhere
//	g.Go(func()); g.Dial(…); f.Sleep(d)
//	fiber.Host{Group: g}                     // inline.Host, to be embedded and given a Run method
//	g.Close()                                // where fibers run: ends them all
//
// Loops: a [Group] and a reactor each, all on the loop's locked thread. M:N:
// one Group with one reactor, and carriers that are not locked to threads.
//
// # How a wait ends
//
// A descriptor is registered once, edge-triggered, for its whole life. A Read
// that finds nothing leaves word at the [socket]'s gate and suspends; the
// reactor's event, a deadline and Close all open the gate, the fiber is made
// ready, and looks again by itself. So there is one way to wake up, waking
// twice does no harm, and none is lost, whichever threads they happen on.
//
// # Goroutines that are no fibers
//
// Handlers start goroutines, and hand them request bodies and connections
// (httputil.ReverseProxy does). There a wait blocks that goroutine's own thread
// in poll(2) and needs neither reactor nor scheduler: a fiber that waits for
// such a goroutine, and keeps its loop from turning meanwhile, could otherwise
// be waiting for itself.
package fiber

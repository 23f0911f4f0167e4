// Package cps is the level below coroutines: handlers in continuation-passing
// style. A function that has to wait does not return its result; it is given
// what is to be done with it, and calls that when the result is there:
//
//	f(x, func(result) { … })
//
// So nothing has a stack of its own while it waits. What a coroutine keeps there
// a closure keeps here, and the reader of the code has to put the pieces
// together: a loop over steps becomes a function that calls itself from its own
// continuation, an error is handed on by hand, and what has to be undone whatever
// happens cannot be deferred.
//
// A [Handler] is an http.Handler that can be run in this way as well. Under
// loop:style=cps the loop of engine/loop does so; every other engine calls its
// ServeHTTP.
package cps

import (
	"net/http"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
)

// A Handler answers requests without a stack of its own.
type Handler interface {
	http.Handler // for every other engine, and for requests with a body
	// ServeCPS begins to answer a request and returns as soon as it has to wait.
	// Whatever it passes on calls done, once, when the answer is complete; w and
	// r are not used after that. It runs on the loop, as every continuation does.
	//
	// A panic, in it or in a continuation, is answered with 500; what it held is
	// given back, and continuations of the request that come later are not called.
	ServeCPS(t Task, w http.ResponseWriter, r *http.Request, done func())
}

// A Task is a running request, or a branch of one: engine.Task with
// continuations. Its methods are called on the loop, by the request's own
// continuations; only Post may be called by anybody. Continuations are called
// on the loop, once, also if there was nothing to wait for: then before the
// method returns.
type Task interface {
	// Await runs f, which waits for something without keeping the loop, and calls
	// done when it has ended. Then then is called, with done's error.
	Await(op string, f func(t Task, done func(error)), then func(error))
	// Call runs f, whose I/O is synchronous: it stalls the loop. f's task is good
	// until f returns.
	Call(op string, f func(engine.Task) error, then func(error))
	// Compute runs f, which uses the CPU and stalls the loop.
	Compute(op string, f func(), then func())
	// Block runs f, which may wait in ways that nobody can suspend, and stalls
	// the loop.
	Block(op string, f func() error, then func(error))
	// Hold waits for one of r's slots and runs f, which calls release when the
	// slot can go. Then then is called, with release's error.
	Hold(r *engine.Resource, f func(t Task, release func(error)), then func(error))
	// All begins every f, each with a task of its own and the first with t's, and
	// calls then when all have called done: with their errors joined, in the
	// order of f.
	All(op string, f []func(t Task, done func(error)), then func(error))
	// Get fetches a target ("/charge?ms=20") from a server ("127.0.0.1:9000"), on
	// a connection that is kept. body is good until then returns. Outside of an
	// Await the wait is accounted to nobody.
	Get(address, target string, then func(status int, body []byte, err error))
	// Sleep waits for d.
	Sleep(d time.Duration, then func())
	// Post runs f on the loop, soon, as a continuation of the request: the way
	// back for results that come from elsewhere. Anybody may call it.
	Post(f func())
}

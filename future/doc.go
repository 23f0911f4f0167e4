// Package future has values that are not there yet, in the form that Java
// calls CompletableFuture, JavaScript a promise and Scala a Future.
//
// A [Promise] is the side that produces the result, its [Future] the side that
// uses it. What is to be done with the result is said beforehand, in functions
// that run once it is there; nobody waits meanwhile:
//
//	p := future.NewPromise[*Order](loop)    // somebody calls p.Complete later
//	receipt := future.Map(p.Future(), render)
//	page := receipt.Timeout(time.Second).Recover(apologise)
//
// In the words of other systems:
//
//	here        CompletableFuture     JavaScript      Scala
//	Map         thenApply             then            map
//	Then        thenCompose           then            flatMap
//	Recover     exceptionally         catch           recover
//	Finally     whenComplete          finally         andThen
//	All         allOf                 Promise.all     Future.sequence
//	Any         -                     Promise.any     -
//	Timeout     orTimeout             -               -
//	On          the …Async methods    -               ExecutionContext
//
// The contract (who runs a function and when, what becomes of its panic, how
// cancellation spreads) stands on [Future].
//
// The package starts no goroutine. Functions run where a promise is completed,
// or where an [Executor] runs them.
package future

// Package lab runs a workload for real: the service under each engine, the load
// and the stand-in upstreams are child processes of their own, re-executed from
// the running binary and placed on their own CPUs. It drives every engine to its
// load line and past it, and writes what it saw into one record; what that means
// is package analysis' business.
//
// The binary that uses it calls [ChildMain] first thing in main:
//
//	func main() {
//		lab.ChildMain(engines.New)
//		…
//		err := lab.Compare(ctx, lab.Options{…})
//	}
package lab

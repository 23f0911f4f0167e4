// Package calibration makes measurements of a machine into the costs that package
// sim charges: the inverse of a simulation.
//
// A cost cannot be measured by itself. What a switch of threads takes depends on
// what it evicts, and what an exchange with an upstream takes on who else is
// served by the same wake-up. So two real engines are put under a few small loads
// ([Cells]), and [Fit] looks for the costs with which simulations of the same
// loads need the CPU time that was measured, by least squares. What can be
// measured by itself is: a coroutine's resumption, a thread's start, the time for
// which kernel and runtime let one run ([Bare]), and memory.
//
// Package lab measures; what is here is pure, but for [Bench]. [Result.Write]
// writes the file that [sim.ParseCosts] reads, each number with its origin.
package calibration

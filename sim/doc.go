// Package sim runs a workload document under an engine configuration in virtual
// time: a discrete-event simulation of who waits for what. It shares documents
// and configurations with the engines, and none of their code, which would agree
// with itself.
//
// A [Simulation] is made of a [Config], runs with [Simulation.RunUntil], and is
// looked at with [Simulation.Stats], as a sampler looks at a server; what becomes
// of each request is told to Config.Ended. Given the same Config it does the same,
// event by event. Arrivals, and what each request draws, follow from the seed and
// the request's number alone: two configurations are given the same requests
// (common random numbers), and they are those that package load and the synthetic
// service make of that seed.
//
// # What is simulated
//
// A route's steps are compiled into a flat program, and the engine is the way of
// compiling them: for each verb, whether a request keeps its thread while it
// waits, gives it back and goes on elsewhere, or has the step done by a worker.
// Threads belong to pools with their own rules of growth, queues and limits; they
// share the CPUs, a quantum each where more want to run than there are, and pay
// for every switch. Upstreams answer after the latency that the document says,
// however many requests they have. Clients give up after their timeout, and the
// server finishes what it began; they may send again what failed ([Retry]).
//
// A service may have several identical instances behind a balancer. Each has CPUs,
// threads, loops, connections and resources of its own, but for the resources that
// the document says are shared; upstreams are the same for all. The balancer gives a
// request to an instance when it is due and never takes it back, keeps as many
// connections to each as it needs, costs nothing and takes no time.
//
// What a switch, a request or an exchange with an upstream costs is in [Costs],
// which come from a file and never from this package.
//
// # What is not
//
// The network takes no time, and connections cost nothing to open. Idle
// connections stay open; those past an engine's cap wait in order, and no
// connection attempt is lost to a full backlog; who gives up while it waits is not
// served, as it would be where its request is in the kernel already. The refusal of a
// request costs the server nothing. Garbage collection is part of the costs, on average.
package sim

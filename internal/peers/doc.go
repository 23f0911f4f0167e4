// Package peers is a fleet of real third-party servers with known walls,
// against which `plimsoll probe` is judged.
//
// [Fleet] describes them, in sizes drawn from a seed, so that nothing can be
// tuned to one set of numbers. [Peer.Start] runs one on loopback, in a
// directory of its own and never as root, until [Running.Stop] has left
// nothing of it. What a peer's [Wall] claims is checked by a client that shares
// nothing with the probe (truth_linux_test.go): without that, a verdict would
// be compared with a configuration file, which need not be what is served.
package peers

// Command judge starts a fleet of real servers with known walls, one after the
// other, has a prober name the wall of each, and prints how often it was right.
package main

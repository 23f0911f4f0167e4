// Package blocking has connections on descriptors in blocking mode: who reads
// or writes sleeps in read(2) or write(2), with its thread. They are what
// engines use on which a thread is what waits. The package is Linux only.
package blocking

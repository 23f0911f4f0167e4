// Command judge says how far load lines that were simulated are from the measured
// ones, and writes it into a document. It reads the records of `plimsoll compare
// --predict`; `make test-predictions` makes them.
package main

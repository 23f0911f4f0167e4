// Package probe finds out from outside, over HTTP, which wall a live service
// hits, and how big it is.
//
// [Run] makes experiments on a service and writes what it sees as rows of a
// record; a [History] is made of those rows. Two pure functions do the
// thinking: [Next] picks the experiment that would tell most, or says that
// nothing more is to be learned, and [Judge] weighs the hypotheses. Judge sees
// rows alone, so a record read from a file gives the verdict that the run gave.
//
// The probe drives a service to its limit on purpose, in steps: it begins with
// one request after the other, never asks for more than twice or three times
// what it has seen carried, or than a few do within three seconds, and waits
// until the service is free again before it goes on. [Allowed] says whom it may
// be pointed at.
package probe

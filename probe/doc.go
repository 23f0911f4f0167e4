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
//
// What uses sockets and clocks is the runner's: run.go, reach.go, ask.go, a file
// for each experiment (baseline, wave, sustain, idle, settle), allowed.go, late.go
// and interference.go for what would spoil it, and look.go and metrics.go for what is
// seen inside. The rest is pure. history.go makes observations of rows, of which
// disguise.go and bare.go find answers that are not the work; alone.go,
// outage.go, gone.go, errors.go, shape.go, canaries.go and usage.go say what they show. hypothesis.go
// has the assessment, in which hypotheses are ranked: by sizes (sizes.go, shape.go,
// places.go, portion.go, order.go, histogram.go), simulation (explain.go, predict.go, revisit.go, slices.go, upon
// internal/mechanism), refusals (refusal.go, asked.go, upon internal/ratelimit), pace
// (pace.go, outrun.go), growth and slope, and gauges (saturation.go). Upon that stand
// the questions (next.go, again.go, free.go, limiter.go, vary.go) and the answer
// (verdict.go, contradict.go, calibrate.go, evidence.go, remedy.go, fit.go).
package probe

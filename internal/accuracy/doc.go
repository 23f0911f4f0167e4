// Package accuracy says how good the verdicts of `plimsoll probe` are, given
// walls that are known, and predictions of `plimsoll compare --predict`.
//
// A [Trial] sets a verdict beside the truth. [MatrixOf] counts which kind was
// given for which, [BrierScore] scores the weights, [ByConfidence] compares what
// was claimed with what came of it, and [Write] prints all of it as Markdown.
// [WritePredictions] does so for load lines that were simulated beside measured
// ones.
package accuracy

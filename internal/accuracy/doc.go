// Package accuracy says how good the verdicts of `plimsoll probe` are, given
// walls that are known.
//
// A [Trial] sets a verdict beside the truth. [MatrixOf] counts which kind was
// given for which, [BrierScore] scores the weights, [ByConfidence] compares what
// was claimed with what came of it, and [Write] prints all of it as Markdown.
package accuracy

// Package exposition reads what services show Prometheus: its text format,
// version 0.0.4, and what OpenMetrics 1.0 adds to it, exemplars and the end mark.
//
// It has one function, [Read], which visits samples and keeps none. Types and
// help texts are skipped: whoever knows what a metric's name means knows its
// type. The library for this, prometheus/common, builds on generated protobuf
// messages of every family; a prober that wants a few gauges of thousands needs
// the grammar of one line.
package exposition

// Package importer turns what production recorded into a workload: traces
// ([ReadSpans] into [Traces], then [Traces.Workload]) or an access log
// ([ReadAccessLog]). What comes out is a [Result]: a workload, a comment on where
// each of its figures came from, and a count of everything that could not be mapped.
//
// # From spans to steps
//
// One service is modelled. Its server spans are the requests. Below a server
// span, internal spans are descended into; a client or producer span is a wait for the
// peer that its attributes name, and what other services recorded below it is
// part of that wait. Waits one after another are steps one after another; waits that
// overlap are branches of a parallel. The time that no wait covers is compute.
// Requests of one route that differ in shape become a choice between what they
// do not have in common.
//
// What traces can not say: whether a wait held a thread (--client-spans decides),
// what requests held meanwhile (pools, locks), and whether self time was spent
// computing or in a wait that nobody instrumented.
package importer

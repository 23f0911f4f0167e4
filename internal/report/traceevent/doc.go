// Package traceevent writes the traces of a record as one file of the Trace
// Event Format, which ui.perfetto.dev and chrome://tracing open.
//
// [Traces.Add] takes the rows of a record, [Traces.Write] writes the file. Each
// engine is a process of the file, and the beginning of its stretch is time 0,
// so that engines stand side by side although they were traced one after the
// other. It shows every request twice:
//
//   - on the thread, loop or carrier that ran it: a slice for each time that it
//     ran there, in it the steps that it was at, and arrows to where it went on;
//   - for itself: an asynchronous slice from received to answered, in it its
//     steps, and when it was queued, waited for a slot or was ready to run and
//     did not.
//
// What reaches beyond the stretch is cut there, and says so.
package traceevent

// Package analysis turns a record into verdicts: was a trial passed, where is
// the load line, what is the wall, and can any of it be trusted. Everything
// here is a pure function of record rows, so that a report derives the
// identical verdict from the file alone, and every judgement is tested on
// planted data.
package analysis

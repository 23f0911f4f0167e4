// Package page writes a comparison as one HTML page for people: the verdict
// first, then the charts that it rests on, each with the table of its figures,
// then everything that somebody who doubts it has to know.
//
// A [Rows] takes every row of a record; [Compare] then writes the page from
// that, the analysis.Run and the verdict alone. Charts are SVG drawn here, once
// for wide screens and once for phones, in the colours of the stylesheet. The
// page has no script and asks for nothing from anywhere, and its own content
// security policy holds it to that: it can be mailed, printed and kept.
package page

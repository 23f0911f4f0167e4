// Package page writes a result as one HTML page for people: the verdict first,
// then the charts that it rests on, each with the table of its figures, then
// everything that somebody who doubts it has to know.
//
// There is a function for each kind of result: [Compare] for a comparison, whose
// charts need more rows than its verdict ([Rows] takes them), [Claims] for a
// suite of claims, and [Probe] for what a probe found. Each is a list of sections and what is around them:
//
//   - A section is one file, named after it: what it shows, the template that
//     shows it (where the pieces that all have in common, in pieces.html, do not
//     suffice), and a function that makes it of what the record holds, or makes
//     none where that holds nothing for it. So a page has the sections that its
//     record has something for, and another kind of result is another list.
//   - A figure is charts, the key of their letters and the tables behind them;
//     [figure.section] is a section that is nothing else.
//   - Charts are SVG drawn here: [drawing] knows shapes and text, [axis] scales,
//     [plot] curves of engines, [room] where there is space for a label. Every
//     chart is drawn once for wide screens and once for phones, or small enough
//     for both, in the colours of style.css.
//
// To add a section: write its file, and its function into the list of the page
// that it belongs to. To add a page: an exported function that fills [page] and
// calls its write.
//
// A page has no script and asks for nothing from anywhere, and its own content
// security policy holds it to that: it can be mailed, printed and kept.
package page

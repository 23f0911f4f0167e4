package workload

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// lineWidth is where text for a terminal wraps.
const lineWidth = 88

// WriteList writes a table of documents: what each is about, what a request of
// it costs, and its objective.
func WriteList(w io.Writer, docs []*Document) error {
	rows := [][]string{{"NAME", "ROUTES", "RESIDENCE", "CPU WORK", "OBJECTIVE"}}
	for _, doc := range docs {
		var routes []string
		for _, r := range doc.Workload.Routes {
			routes = append(routes, r.Name)
		}
		work, slo := Demand(doc.Workload).Request, doc.Workload.SLO
		rows = append(rows, []string{doc.Name, strings.Join(routes, ", "), rounded(work.Residence), rounded(work.CPU),
			formatShare(slo.Ratio) + " within " + formatTime(slo.Within)})
	}
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], len(cell))
		}
	}
	out := bufio.NewWriter(w)
	for i, r := range rows {
		fmt.Fprintf(out, "%-*s   %-*s   %*s   %*s   %s\n", width[0], r[0], width[1], r[1], width[2], r[2], width[3], r[3], r[4])
		if i == 0 {
			continue
		}
		if about := firstSentence(docs[i-1].Workload.About); about != "" {
			fmt.Fprintln(out, wrap(about, "  "))
		}
	}
	return out.Flush()
}

// WriteSuite writes a table of the suite: the name of each document, and its
// claim.
func WriteSuite(w io.Writer, docs []*Document) error {
	out := bufio.NewWriter(w)
	width := 0
	for _, doc := range docs {
		width = max(width, len(doc.Name))
	}
	for _, doc := range docs {
		claim := wrap(printable(doc.Workload.Claim), strings.Repeat(" ", width+3))
		fmt.Fprintf(out, "%-*s   %s\n", width, doc.Name, strings.TrimLeft(claim, " "))
	}
	return out.Flush()
}

// WriteCheck writes what is known of a document that could be read: its
// warnings, and what it asks for.
func WriteCheck(w io.Writer, doc *Document) error {
	out := bufio.NewWriter(w)
	verdict := "OK"
	switch n := len(doc.Warnings); {
	case n == 1:
		verdict = "OK, with a warning"
	case n > 1:
		verdict = fmt.Sprintf("OK, with %d warnings", n)
	}
	fmt.Fprintf(out, "%s: %s\n", printable(doc.Name), verdict)
	for _, warning := range doc.Warnings {
		fmt.Fprintf(out, "  warning: %s\n", warning)
	}
	fmt.Fprintln(out, wrap(Describe(doc.Workload), "  "))
	return out.Flush()
}

func firstSentence(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if i := strings.Index(s, ". "); i >= 0 {
		s = s[:i+1]
	}
	return printable(s)
}

// wrap breaks text into lines behind an indent.
func wrap(text, indent string) string {
	var b strings.Builder
	column := 0
	for _, word := range strings.Fields(text) {
		n := len([]rune(word))
		switch {
		case column == 0:
			b.WriteString(indent)
			column = len(indent)
		case column+1+n > lineWidth:
			b.WriteString("\n" + indent)
			column = len(indent)
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
	}
	return b.String()
}

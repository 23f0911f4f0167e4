package load

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/plimsoll-dev/plimsoll/record"
)

// WriteTable writes the summary for a person to read. within is the time that
// was asked for with [Config.Within], or 0.
func (s *Summary) WriteTable(w io.Writer, within time.Duration) error {
	var b strings.Builder
	fmt.Fprintf(&b, "  asked     %9s  %9s\n", grouped(s.Arrivals), perSecondText(s.Asked()))
	fmt.Fprintf(&b, "  answered  %9s  %9s", grouped(s.Outcomes[OK]), perSecondText(s.Answered()))
	if within > 0 {
		fmt.Fprintf(&b, "   %s within %s (%s of all)", grouped(s.Within), duration(within), percent(s.Within, s.Arrivals))
	}
	b.WriteByte('\n')
	fmt.Fprintf(&b, "  failed    %9s", grouped(s.Failed()))
	if text := s.failures(); text != "" {
		b.WriteString("              " + text)
	}
	b.WriteByte('\n')
	if n := s.Outcomes[Unfinished]; n > 0 {
		fmt.Fprintf(&b, "  open      %9s              when the run ended\n", grouped(n))
	}
	b.WriteByte('\n')

	s.writeTimes(&b)
	if line := s.statusLine(); line != "" {
		fmt.Fprintf(&b, "\n  %s\n", line)
	}
	fmt.Fprintf(&b, "  at most %s requests in flight; %s connections opened during the run", grouped(uint64(s.mostInFlight())), grouped(s.Opened))
	if s.Retried > 0 {
		fmt.Fprintf(&b, "; %s requests sent again", grouped(s.Retried))
	}
	b.WriteByte('\n')
	for _, x := range s.Warnings {
		fmt.Fprintf(&b, "\nwarning: %s\n", x.Text)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeTimes writes the table of quantiles.
func (s *Summary) writeTimes(b *strings.Builder) {
	unknown := false
	const row = "  %-10s%s  %s\n"
	cells := func(h *record.Hist) string {
		var line strings.Builder
		for _, p := range []float64{0.5, 0.9, 0.99, 0.999, 1} {
			text := "–"
			switch n := h.Count(); {
			case p < 1 && known(n, p), p == 1 && n > 0:
				text = duration(h.Quantile(p))
			default:
				unknown = true
			}
			line.WriteString(padded(text))
		}
		return line.String()
	}
	var head strings.Builder
	for _, h := range []string{"p50", "p90", "p99", "p99.9", "max"} {
		head.WriteString(padded(h))
	}
	b.WriteString(strings.TrimRight(fmt.Sprintf(row, "", head.String(), ""), " \n") + "\n")
	fmt.Fprintf(b, row, "latency", cells(s.Latency), "intended to done: what a user waits")
	if len(s.Routes) > 1 {
		for _, r := range s.Routes {
			fmt.Fprintf(b, row, "  "+r.Name, cells(r.Latency), grouped(r.Arrivals)+" requests")
		}
	}
	fmt.Fprintf(b, row, "service", cells(s.Service), "sent to done: what most tools report")
	fmt.Fprintf(b, row, "lag", cells(s.Lag), "intended to sent: waiting for this client, or for a connection")
	if s.Connect.Count() > 0 {
		fmt.Fprintf(b, row, "connect", cells(s.Connect), "to open a connection")
	}
	if unknown {
		b.WriteString("  –: too few requests to tell\n")
	}
}

// padded is text at the right of a column of nine characters.
func padded(text string) string {
	return strings.Repeat(" ", max(1, 9-utf8.RuneCountInString(text))) + text
}

// failures lists failures by kind, the most frequent first.
func (s *Summary) failures() string {
	var kinds []Outcome
	for o, n := range s.Outcomes {
		if n > 0 && Outcome(o).Failed() {
			kinds = append(kinds, Outcome(o))
		}
	}
	slices.SortStableFunc(kinds, func(a, b Outcome) int { return int(s.Outcomes[b]) - int(s.Outcomes[a]) })
	var parts []string
	for _, o := range kinds {
		parts = append(parts, fmt.Sprintf("%s %s", o, grouped(s.Outcomes[o])))
	}
	return strings.Join(parts, ", ")
}

// statusLine lists statuses where there is another one than 200.
func (s *Summary) statusLine() string {
	n := s.statuses()
	if len(n) == 0 || len(n) == 1 && n["200"] > 0 {
		return ""
	}
	var parts []string
	for _, code := range slices.Sorted(maps.Keys(n)) {
		parts = append(parts, fmt.Sprintf("%s: %s", code, grouped(uint64(n[code]))))
	}
	return "status " + strings.Join(parts, ", ")
}

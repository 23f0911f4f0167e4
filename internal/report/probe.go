package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/probe"
)

// Probe prints the verdict of a probe: the wall first, then what speaks for it,
// its rivals, and what to do.
func Probe(w io.Writer, v *probe.Verdict) error {
	var b strings.Builder
	wrap(&b, Wall(v), "", 98)
	if v.Service.MeanMS > 0 {
		alone := fmt.Sprintf("A request alone takes %s (mean; %s … %s)", Millis(v.Service.MeanMS), Millis(v.Service.LowMS), Millis(v.Service.HighMS))
		if v.Service.CanaryMS != nil {
			alone += fmt.Sprintf(", a canary %s", Millis(*v.Service.CanaryMS))
		}
		wrap(&b, fmt.Sprintf("%s. Up to %d were in flight at once, %s in all.", alone, max(1, v.Tried), analysis.Grouped(float64(v.Requests))), "", 98)
	}
	list(&b, "why", v.Wall.Evidence)
	var rivals []string
	for _, x := range v.Hypotheses {
		rivals = append(rivals, fmt.Sprintf("%s %.0f %%", sizedKind(x.Kind, x.Limit), 100*x.Weight))
	}
	if len(rivals) > 1 {
		list(&b, "hypotheses", []string{strings.Join(rivals, ", ")})
	}
	var remedies []string
	for _, r := range v.Remedies {
		text := r.Change
		if r.Rate != nil {
			text += fmt.Sprintf(" (predicted: %s/s)", analysis.Rate(*r.Rate))
		}
		remedies = append(remedies, text)
	}
	list(&b, "what would change it", remedies)
	list(&b, "what would tell more", v.Ask)
	for _, reason := range v.Reasons {
		wrap(&b, "void: "+reason, "  ", 98)
	}
	for _, warning := range v.Warnings {
		wrap(&b, "warning: "+warning.Text, "  ", 98)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func list(b *strings.Builder, title string, items []string) {
	if len(items) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s:\n", title)
	for _, item := range items {
		wrap(b, "  - "+item, "  ", 98)
	}
}

func sizedKind(kind probe.Kind, limit *int) string {
	if limit == nil {
		return string(kind)
	}
	return fmt.Sprintf("%s %d", kind, *limit)
}

// Wall is a probe's verdict in a sentence or two.
func Wall(v *probe.Verdict) string {
	if v.Void {
		return v.Target + ": void; the measurement is not to be trusted."
	}
	size := ""
	if l := v.Wall.Limit; l != nil {
		size = fmt.Sprint(*l)
		if v.Wall.Low != nil && *v.Wall.Low != *v.Wall.High {
			size += fmt.Sprintf(" (%d … %d)", *v.Wall.Low, *v.Wall.High)
		}
	}
	said := ""
	switch v.Wall.Kind {
	case probe.SharedPool:
		said = "a pool of " + size + " that every route shares: behind so many slow requests, all others wait."
	case probe.Serial:
		said = "one event loop, which a slow request blocks: all others wait until it is done."
		if *v.Wall.Limit > 1 {
			said = size + " event loops, each of which a slow request blocks for all of its connections."
		}
	case probe.PrivatePool:
		said = "a pool of " + size + " behind this route alone: its own requests queue for it, others do not."
	case probe.ConnectionCap:
		said = "a cap of " + size + " connections: a new one waits until another is closed."
	case probe.Shedding:
		said = "it turns away what exceeds " + size + " at once."
	case probe.RateLimit:
		said = "a limit by time: so many requests a second, however many are there."
	case probe.CPU:
		said = "the CPU: requests at once slow each other down in proportion."
	case probe.None:
		return fmt.Sprintf("%s: no wall up to %d at once. Confidence: %s.", v.Target, v.Tried, v.Confidence)
	default:
		said = "it cannot be told what stops it."
		if size != "" {
			said = "something of size " + size + " stops it; it cannot be told what."
		}
		return v.Target + ": " + said
	}
	rate := ""
	if v.Wall.Rate != nil {
		rate = fmt.Sprintf(" It lets %s/s through.", analysis.Rate(*v.Wall.Rate))
	}
	return fmt.Sprintf("%s: %s%s Confidence: %s.", v.Target, said, rate, v.Confidence)
}

package page

import (
	"fmt"
	"html/template"
	"strings"

	"github.com/plimsoll-dev/plimsoll/probe"
)

// kinds say what each kind of wall is.
var kinds = map[probe.Kind]string{
	probe.SharedPool:    "every route waits behind so many slow requests",
	probe.Serial:        "a slow request stops all others of its event loop",
	probe.PrivatePool:   "only the slow route waits behind so many of its own",
	probe.ConnectionCap: "so many connections are let in",
	probe.Shedding:      "past so many at once, requests are turned away",
	probe.RateLimit:     "so many requests a second, however long they take",
	probe.CPU:           "processors that all requests share",
	probe.None:          "nothing stops them, up to what was tried",
	probe.Unknown:       "none of these explains what was seen",
}

// weights are the hypotheses with their shares of the probability.
func (c *probed) weights() (*section, error) {
	if len(c.verdict.Hypotheses) == 0 {
		return nil, nil
	}
	f := figure{ID: "hypotheses", Title: "What else it could be",
		Text: "Every experiment is a witness for or against each kind of wall; the bars are what all of them together make of it. High confidence asks for 95 %, medium for 80 %, low for 60 %; below that there is no verdict."}
	f.Charts = wideAndNarrow(c.drawWeights)
	t := table{Caption: "Hypotheses by their share of the probability", Text: 2, Head: []string{"wall", "what it means", "size", "share"}}
	for _, x := range c.verdict.Hypotheses {
		size := "–"
		if x.Limit != nil {
			size = fmt.Sprint(*x.Limit)
		}
		t.Rows = append(t.Rows, []string{string(x.Kind), kinds[x.Kind], size, percent(x.Weight)})
	}
	f.Tables = []table{t}
	return f.section("Hypotheses")
}

// percent never says that something is certain.
func percent(share float64) string {
	if share > 0.999 {
		return "> 99.9 %"
	}
	return fmt.Sprintf("%.1f %%", 100*share)
}

func sizedKind(x probe.Hypothesis) string {
	if x.Limit == nil {
		return string(x.Kind)
	}
	return fmt.Sprintf("%s %d", x.Kind, *x.Limit)
}

func (c *probed) drawWeights(class string, width float64, roomy bool) template.HTML {
	const row = 40.0
	d := &drawing{width: width, height: row*float64(len(c.verdict.Hypotheses)) + 4}
	x := axis{high: 1, from: 2, to: width - 2}
	var said []string
	for i, h := range c.verdict.Hypotheses {
		top, name, class := row*float64(i), sizedKind(h), "bar o-open"
		if i == 0 {
			class = "bar c0"
		}
		d.text("name strong", "start", 2, top+15, name)
		if roomy {
			d.text("note", "start", 2+1.25*textWidth(name)+10, top+15, kinds[h.Kind])
		}
		d.text("value", "end", width-2, top+15, percent(h.Weight))
		d.rect("stage", x.from, top+21, x.to-x.from, 10, "")
		d.rect(class, x.from, top+21, max(1.5, x.at(h.Weight)-x.from), 10, "")
		said = append(said, name+" "+percent(h.Weight))
	}
	return d.done(class, "Hypotheses and their shares of the probability: "+strings.Join(said, "; "))
}

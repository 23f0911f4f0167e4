package workload

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/plimsoll-dev/plimsoll/model"
)

// walls are the kinds of walls that an expectation can name.
var walls = []model.WallKind{model.WallThreadPool, model.WallResource, model.WallRejecting, model.WallConnections, model.WallLoop, model.WallCarriers,
	model.WallExecutor, model.WallWorkers, model.WallCPU, model.WallUpstream, model.WallNone}

// bound reads what a measure has to keep to.
func (d *decoder) bound(n ast.Node, m *model.Measure, ratio bool) model.Bound {
	if m.Unit == model.UnitWord {
		return d.words(n, m)
	}
	example := "write " + boundExample(m.Unit, ratio)
	s := d.text(n, m.Name, example)
	b := model.Bound{Most: strings.HasPrefix(s, "<=")}
	number := strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(s, ">="), "<="))
	if len(number) == len(strings.TrimSpace(s)) || number == "" {
		d.fail(n, example, "%s is %q, which does not say at least or at most", m.Name, shorten(s))
	}
	times, isRatio := strings.CutSuffix(number, "x")
	switch {
	case ratio != isRatio && ratio:
		d.fail(n, example, "%s is compared with another, and %q is not a multiple of it", m.Name, shorten(s))
	case ratio != isRatio:
		d.fail(n, example+"; or versus: and another engine beside it", "%s is %q, a multiple of nothing", m.Name, shorten(s))
	case ratio:
		b.Value = d.numberOf(n, times, m.Name, example)
	case m.Unit == model.UnitRate:
		b.Value = d.rateOf(n, number, m.Name)
	case m.Unit == model.UnitTime:
		b.Value = d.durationOf(n, number, m.Name, true).Seconds()
	case m.Unit == model.UnitShare:
		b.Value = d.shareOf(n, number, m.Name)
	case m.Unit == model.UnitBytes:
		b.Value = d.bytesOf(n, number, m.Name, example)
	default:
		b.Value = d.numberOf(n, number, m.Name, example)
	}
	return b
}

func boundExample(u model.Unit, ratio bool) string {
	if ratio {
		return `">= 2x" or "<= 0.5x"`
	}
	switch u {
	case model.UnitRate:
		return `">= 900/s" or "<= 900/s"`
	case model.UnitTime:
		return `"<= 50ms" or ">= 50ms"`
	case model.UnitShare:
		return `">= 99%" or "<= 99%"`
	case model.UnitBytes:
		return `"<= 64MiB" or ">= 64MiB"`
	}
	return `"<= 40" or ">= 40"`
}

// words reads a wall, several of which one is meant, or "not" and one.
func (d *decoder) words(n ast.Node, m *model.Measure) model.Bound {
	const example = "write a wall like cpu, [cpu, none] for one of several, or not cpu"
	items := []ast.Node{n}
	if s, ok := n.(*ast.SequenceNode); ok {
		if items = s.Values; len(items) == 0 {
			d.fail(n, example, "%s: the list is empty", m.Name)
		}
	}
	var b model.Bound
	for _, item := range items {
		s := d.text(item, m.Name, example)
		word, not := strings.CutPrefix(s, "not ")
		if not && len(items) > 1 {
			d.fail(item, "write the walls that it may be", "%s lists several walls, and %q is none", m.Name, shorten(s))
		}
		word = strings.TrimSpace(word)
		if !slices.Contains(walls, model.WallKind(word)) {
			var names []string
			for _, k := range walls {
				names = append(names, string(k))
			}
			d.fail(item, hintAmong(word, names, "the walls are "), "no wall is called %q", shorten(word))
		}
		b.Words, b.Not = append(b.Words, word), not
	}
	return b
}

// numberOf reads a number of zero or more.
func (d *decoder) numberOf(n ast.Node, s, what, example string) float64 {
	v, ok := plainNumber(strings.TrimSpace(s))
	if !ok || v < 0 {
		d.fail(n, example, "%s is %q, which is not a number", what, shorten(s))
	}
	return v
}

// byteUnits are those of sizes, the longest name first.
var byteUnits = []struct {
	name string
	size float64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}

// bytesOf reads a size with its unit.
func (d *decoder) bytesOf(n ast.Node, s, what, example string) float64 {
	for _, u := range byteUnits {
		if number, ok := strings.CutSuffix(s, u.name); ok {
			return u.size * d.numberOf(n, number, what, example+"; the units are B, KiB, MiB and GiB")
		}
	}
	d.fail(n, example+"; the units are B, KiB, MiB and GiB", "%s is %q, a size without a unit", what, shorten(s))
	return 0
}

// FormatBound writes the bound of an expectation as it is read, but for quotes.
func FormatBound(e *model.Expectation) string {
	m, b := model.MeasureOf(e.Measure), e.Bound
	if m.Unit == model.UnitWord {
		switch {
		case b.Not:
			return "not " + b.Words[0]
		case len(b.Words) == 1:
			return b.Words[0]
		}
		return "[" + strings.Join(b.Words, ", ") + "]"
	}
	op := ">="
	if b.Most {
		op = "<="
	}
	return op + " " + formatFigure(b.Value, m.Unit, e.Versus != nil)
}

// formatFigure writes a number of a unit so that it is read back the same.
func formatFigure(v float64, u model.Unit, ratio bool) string {
	switch {
	case ratio:
		return formatNumber(v) + "x"
	case u == model.UnitRate:
		return formatNumber(v) + "/s"
	case u == model.UnitTime:
		return formatTime(time.Duration(math.Round(v * 1e9)))
	case u == model.UnitShare:
		return formatShare(v)
	case u == model.UnitBytes:
		for _, unit := range byteUnits {
			if v >= unit.size && math.Mod(v, unit.size) == 0 {
				return formatNumber(v/unit.size) + unit.name
			}
		}
		return formatNumber(v) + "B"
	}
	return formatNumber(v)
}

package workload

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/plimsoll-dev/plimsoll/model"
)

// control reads a counter-experiment: the document with some keys changed. What
// the document itself was warned of is not said again, and a control may be
// meant to be what one is warned of.
func (d *decoder) control(n ast.Node, document fields) *model.Control {
	known := slices.DeleteFunc(slices.Clone(keys), func(k string) bool { return k == "workload" || k == "claim" || k == "control" })
	changed := d.fields(n, "control", "write the keys that differ from the document's, and their values", known...)
	if len(changed.m) == 0 {
		d.fail(n, "write what differs, for example expect: or routes:", "control changes nothing")
	}
	if document.get("expect") == nil {
		d.fail(n, "write expect: beside it", "a control without expectations has nothing to miss")
	}
	all := fields{d: d, node: n, what: "control", m: maps.Clone(document.m)}
	maps.Copy(all.m, changed.m)
	same := true
	for k := range changed.m {
		changed.get(k)
		same = same && (k == "expect" || k == "about")
	}
	said := len(d.warnings)
	c := &model.Control{Same: same, Workload: *d.workload(all)}
	d.warnings = d.warnings[:said]
	return c
}

// hintAmong is what to write in place of a name that is none of those known.
func hintAmong(name string, known []string, list string) string {
	hint := list + strings.Join(known, ", ")
	if best := model.Closest(name, known); best != "" {
		hint = fmt.Sprintf("did you mean %q? Otherwise %s", best, hint)
	}
	return hint
}

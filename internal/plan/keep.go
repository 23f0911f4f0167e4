package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-dev/plimsoll/model"
)

// CheckKeep reports names that are none of a workload's resources.
func CheckKeep(w *model.Workload, names []string) error {
	var known []string
	for _, r := range w.Resources {
		known = append(known, r.Name)
	}
	for _, name := range names {
		switch {
		case slices.Contains(known, name):
		case len(known) == 0:
			return fmt.Errorf("keep %q: the workload has no resources", name)
		default:
			return fmt.Errorf("keep %q: the workload has no such resource; it has %s", name, strings.Join(known, ", "))
		}
	}
	return nil
}

// Check reports what a question asks that contradicts itself.
func (q *Question) Check() error {
	for i, v := range q.Vary {
		for _, u := range q.Vary[:i] {
			if u.samePool(v) {
				return fmt.Errorf("vary %q and %q are sizes of one pool, and one moves the other; vary one of them at a time", u.Key, v.Key)
			}
		}
		if slices.Contains(q.Keep, v.Resource) {
			return fmt.Errorf("keep %q says that its size is not ours to choose, and vary %q asks for others; leave one of them out", v.Resource, v.Key)
		}
		if most := slices.Max(v.Values); v.Key == VaryInstances && most > q.MaxInstances {
			return fmt.Errorf("vary %q: %d are more than the %d that there may be; write %d or less, or allow more with --max-instances", v.Key, most, q.MaxInstances, q.MaxInstances)
		}
	}
	return nil
}

// samePool reports whether two axes move each other. Spare threads do not move
// their pool: past its size, more of them are all of it.
func (v Vary) samePool(u Vary) bool {
	if v.Engine != u.Engine || v.Resource != u.Resource {
		return false
	}
	return v.Option == u.Option || v.Option != "spare" && u.Option != "spare" && rivals[v.Option] == u.Option
}

package importer

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// maxSiblings is how many different names may stand in one place of a path
// before they are taken for values.
const maxSiblings = 20

var idForms = regexp.MustCompile(`^(?:[0-9]+|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|[0-9]{4}-[0-9]{2}-[0-9]{2}.*)$`)

// foldIDs replaces the segments of a path that are identifiers by {id}: numbers,
// UUIDs, dates, and words with a digit in them of 16 letters or more, or of 8 if they are hexadecimal.
func foldIDs(path string) string {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		if isID(s) {
			segments[i] = "{id}"
		}
	}
	return strings.Join(segments, "/")
}

func isID(s string) bool {
	if idForms.MatchString(s) {
		return true
	}
	return len(s) >= 8 && strings.ContainsAny(s, "0123456789") && !strings.Contains(s, ".") && (len(s) >= 16 || strings.Trim(s, "0123456789abcdefABCDEF") == "")
}

// foldNames maps paths to templates, in which a place where more than maxSiblings names
// follow the same beginning is {name}: product names, users, files.
func foldNames(paths []string) map[string]string {
	out := map[string]string{}
	split := map[string][]string{}
	for _, p := range paths {
		split[p] = strings.Split(p, "/")
	}
	foldAt(split, slices.Sorted(maps.Keys(split)), 0, out)
	return out
}

// foldAt folds place i of paths that are alike before it.
func foldAt(split map[string][]string, paths []string, i int, out map[string]string) {
	by := map[string][]string{}
	for _, p := range paths {
		if i >= len(split[p]) {
			out[p] = strings.Join(split[p], "/")
			continue
		}
		by[split[p][i]] = append(by[split[p][i]], p)
	}
	if i > 0 && len(by) > maxSiblings {
		var all []string
		for _, name := range slices.Sorted(maps.Keys(by)) {
			for _, p := range by[name] {
				if name != "{id}" {
					split[p][i] = "{name}"
				}
				all = append(all, p)
			}
		}
		by = map[string][]string{"": all}
	}
	for _, name := range slices.Sorted(maps.Keys(by)) {
		foldAt(split, by[name], i+1, out)
	}
}

package workload

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// SuiteName is the name of the built-in suite: the documents in its folder, each
// with a claim and its control, in the order that the numbers before their names
// give them.
const SuiteName = "claims"

var ordinal = regexp.MustCompile(`^[0-9]+-`)

// Suite returns the names under which [Load] finds the documents of the suite, in
// its order.
func Suite() []string {
	var names []string
	for _, file := range suiteFiles() {
		names = append(names, suiteDocument(file))
	}
	return names
}

func suiteFiles() []string {
	entries, err := fs.ReadDir(builtin, path.Join("builtin", SuiteName))
	if err != nil {
		panic(err) // embedded
	}
	var files []string
	for _, e := range entries {
		files = append(files, e.Name())
	}
	return files
}

// suiteDocument is the name of a document of the suite.
func suiteDocument(file string) string {
	return SuiteName + "/" + ordinal.ReplaceAllString(strings.TrimSuffix(file, ".yaml"), "")
}

// ControlDocument returns a document's counter-experiment as a document of its
// own, or nil if the document's own measurement serves it, or it has none.
func (d *Document) ControlDocument() *Document {
	if d.Workload.Control == nil || d.Workload.Control.Same {
		return nil
	}
	w := d.Workload.Control.Workload
	return &Document{Name: d.Name, Source: Format(&w), Workload: &w}
}

// loadBuiltin reads a document that is built in; nil if none has that name.
func loadBuiltin(name string) (*Document, error) {
	file := ""
	for _, b := range Builtins() {
		if b == name {
			file = b + ".yaml"
		}
	}
	for _, f := range suiteFiles() {
		if suiteDocument(f) == name {
			file = path.Join(SuiteName, f)
		}
	}
	if file == "" {
		return nil, nil
	}
	src, err := builtin.ReadFile(path.Join("builtin", file))
	if err != nil {
		return nil, fmt.Errorf("workload: %w", err)
	}
	return parse(name, file, src)
}

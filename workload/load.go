package workload

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/plimsoll-dev/plimsoll/model"
)

//go:embed builtin/*.yaml builtin/claims/*.yaml
var builtin embed.FS

// A Document is a workload with the text that it was read from.
type Document struct {
	Name     string // as it was asked for: a built-in name, or a path
	Source   []byte
	Workload *model.Workload
	Warnings []Warning
}

// ErrNotFound is what [Load] returns, wrapped, for a name that is neither
// built in nor a file.
var ErrNotFound = errors.New("no such workload")

// Builtins returns the names of the built-in documents, sorted, without those of
// the [Suite].
func Builtins() []string {
	entries, err := fs.ReadDir(builtin, "builtin")
	if err != nil {
		panic(err) // embedded
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
		}
	}
	slices.Sort(names)
	return names
}

// Load reads a document: a built-in one by its name, any other by its path. A
// file that is named like a built-in one is reached as ./NAME. Errors in the
// document are an [*Error]; nothing of that name is [ErrNotFound].
func Load(nameOrFile string) (*Document, error) {
	if doc, err := loadBuiltin(nameOrFile); doc != nil || err != nil {
		return doc, err
	}
	if nameOrFile == SuiteName {
		return nil, fmt.Errorf("%s is a suite of documents\n  write the name of one: %s", SuiteName, strings.Join(Suite(), ", "))
	}
	f, err := os.Open(nameOrFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, notFound(nameOrFile)
	}
	if err != nil {
		return nil, unreadable(err)
	}
	defer f.Close()
	return Read(nameOrFile, f)
}

// Read reads a document to its end; the name stands for its file.
func Read(name string, r io.Reader) (*Document, error) {
	src, err := io.ReadAll(io.LimitReader(r, maxBytes+1)) // enough to see that it is too large
	if err != nil {
		return nil, unreadable(err)
	}
	return parse(name, name, src)
}

func parse(name, file string, src []byte) (*Document, error) {
	w, warnings, err := Parse(file, src)
	if err != nil {
		return nil, err
	}
	return &Document{Name: name, Source: src, Workload: w, Warnings: warnings}, nil
}

func unreadable(err error) error {
	return fmt.Errorf("workload: %w\n  write the path of a YAML file, or one of the built-in ones: %s", err, strings.Join(Builtins(), ", "))
}

func notFound(name string) error {
	hint := fmt.Sprintf("write the path of a file, or one of the built-in ones: %s", strings.Join(Builtins(), ", "))
	if best := model.Closest(name, append(Builtins(), append(Suite(), SuiteName)...)); best != "" {
		hint = fmt.Sprintf("did you mean %q? Otherwise %s", best, hint)
	}
	return fmt.Errorf("%w: %q is neither a file nor built in\n  %s", ErrNotFound, printable(name), hint)
}

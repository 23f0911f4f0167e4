package engines

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/enginetest"
	"github.com/plimsoll-dev/plimsoll/engine/thread"
	"github.com/plimsoll-dev/plimsoll/model"
)

// A configuration is one of the document's matrices. Its pools have different
// sizes, so that how many requests wait at once names the one that pays.
type configuration struct {
	text  string
	alone map[int]string // who pays where so many wait at once and nobody else is served
	among map[int]string // the same where others are served
}

var configurations = []configuration{
	{"thread:max=5", map[int]string{5: "thread"}, nil},
	{"future:max=5", map[int]string{5: "thread"}, map[int]string{1: "client"}},
	{"future:max=5,executor=3", map[int]string{5: "thread"}, map[int]string{3: "executor"}},
	{"loop", map[int]string{1: "loop"}, nil},
	{"hybrid:loops=1,workers=3,blocking=4", nil, map[int]string{3: "CPU worker", 4: "blocking worker"}},
	{"vthread:carriers=2,pinning=jdk24", map[int]string{2: "carrier"}, nil},
	{"vthread:carriers=2,pinning=jdk21", map[int]string{2: "carrier"}, nil},
	{"goroutine", nil, nil},
}

// payer names who pays. Where all wait at once and others are served it is
// nobody, unless each of them has a thread in the kernel.
func (c configuration) payer(s enginetest.Sight) string {
	names := c.alone
	switch {
	case s.Stuck:
		return "deadlock"
	case s.Alive && s.AtOnce == enginetest.Asked && s.InRead == 0:
		return "–"
	case s.Alive && s.AtOnce == enginetest.Asked && s.InRead == enginetest.Asked:
		return "own thread"
	case s.Alive:
		names = c.among
	}
	if name, ok := names[s.AtOnce]; ok && (s.InRead == 0 || s.InRead == s.AtOnce) {
		return name
	}
	return s.String()
}

// TestDocumentSaysWhoPays holds every engine to the document's matrices. With
// -update it looks, and writes what it has seen.
func TestDocumentSaysWhoPays(t *testing.T) {
	for _, c := range configurations {
		t.Run(c.text, func(t *testing.T) {
			part := "matrix " + c.text
			if *update {
				rewrite(t, part, table(enginetest.Observe(t, c.text, New, c.payer)))
				return
			}
			parse(section(t, part)).Verify(t, c.text, New, c.payer)
		})
	}
}

// A matrix finds an engine that does not do what it says, in a number or in a
// single cell.
func TestFaultsAreFoundByTheMatrices(t *testing.T) {
	for _, f := range []enginetest.Fault{
		{Config: "thread:max=5", Says: "of 8 requests 6 wait at once", Build: func(cfg model.EngineConfig) (engine.Engine, error) {
			return thread.NewPlanted(cfg, thread.Plant{Workers: 6})
		}},
		{Config: "vthread:carriers=2,pinning=jdk21", Says: "/handler/monitor: of 8 requests 8 wait at once", Build: func(cfg model.EngineConfig) (engine.Engine, error) {
			jdk24, err := cfg.With("pinning", "jdk24")
			if err != nil {
				return nil, err
			}
			return New(jdk24)
		}},
	} {
		t.Run(f.Config, func(t *testing.T) {
			i := slices.IndexFunc(configurations, func(c configuration) bool { return c.text == f.Config })
			parse(section(t, "matrix "+f.Config)).Red(t, f, configurations[i].payer)
		})
	}
}

// table prints a matrix as Markdown.
func table(m enginetest.Matrix) string {
	var b strings.Builder
	fmt.Fprintf(&b, "| in \\ waits | %s |\n|---|%s\n", strings.Join(m.Inner, " | "), strings.Repeat("---|", len(m.Inner)))
	for i, outer := range m.Outer {
		fmt.Fprintf(&b, "| %s | %s |\n", outer, strings.Join(m.Pays[i], " | "))
	}
	return b.String()
}

// parse is the reverse of table.
func parse(table string) (m enginetest.Matrix) {
	for i, line := range strings.Split(strings.TrimSpace(table), "\n") {
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		switch i {
		case 0:
			m.Inner = cells[1:]
		case 1: // the rule below the head
		default:
			m.Outer = append(m.Outer, cells[0])
			m.Pays = append(m.Pays, cells[1:])
		}
	}
	return m
}

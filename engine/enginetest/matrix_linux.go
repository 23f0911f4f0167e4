package enginetest

import (
	"slices"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
)

// Asked is how many requests at once a [Matrix] is seen with. The sizes of an
// engine's pools are to be smaller, and to differ: then how many of the requests
// wait at once tells which pool it is that pays.
const Asked = 8

// A Matrix says who pays while one step waits inside another.
type Matrix struct {
	Outer, Inner []string   // the step around, and the one that waits
	Pays         [][]string // by outer, then inner
}

// Observe fills a matrix by looking at the engine that build makes of a
// configuration's text form; payer names who pays by what was seen. It takes
// its time to be sure that nothing changes any more; for a test there is
// [Matrix.Verify].
func Observe(t *testing.T, config string, build Build, payer func(Sight) string) Matrix {
	quiet(t)
	s := matrixStage(t, config, build, 0)
	m := s.empty()
	for _, outer := range m.Outer {
		var line []string
		for _, inner := range m.Inner {
			if s.h.stopped {
				s = matrixStage(t, config, build, 0)
			}
			line = append(line, payer(s.settle(outer, inner)))
		}
		m.Pays = append(m.Pays, line)
	}
	return m
}

// Verify checks that the engine is seen to do what the matrix says.
func (m Matrix) Verify(t *testing.T, config string, build Build, payer func(Sight) string) {
	quiet(t)
	m.verify(t, config, build, payer, 0)
}

// Red is [Matrix.Verify] on an engine with a fault: it fails if that does not.
// The fault's Row is not used.
func (m Matrix) Red(t *testing.T, f Fault, payer func(Sight) string) {
	t.Helper()
	quiet(t)
	f.mustFail(t, "the matrix", func(tr testing.TB) { m.verify(tr, f.Config, f.Build, payer, impatience) })
}

func (m Matrix) verify(t testing.TB, config string, build Build, payer func(Sight) string, patience time.Duration) {
	s := matrixStage(t, config, build, patience)
	if is := s.empty(); !slices.Equal(is.Outer, m.Outer) || !slices.Equal(is.Inner, m.Inner) {
		t.Fatalf("the matrix is of %q in %q, the steps are %q in %q", m.Inner, m.Outer, is.Inner, is.Outer)
	}
	for i, outer := range m.Outer {
		for j, inner := range m.Inner {
			if s.h.stopped {
				s = matrixStage(t, config, build, patience)
			}
			want := m.Pays[i][j]
			got := s.expect(outer, inner, func(seen Sight) bool { return payer(seen) == want }, nil)
			if payer(got) != want {
				t.Errorf("%s in %s: %v: %s pays; expected: %s", inner, outer, got, payer(got), want)
			}
		}
	}
}

func matrixStage(t testing.TB, config string, build Build, patience time.Duration) *stage {
	t.Helper()
	cfg, err := model.ParseEngine(config)
	if err != nil {
		t.Fatal(err)
	}
	return newStage(newHarness(t, cfg, build, row{patience: patience}), Asked)
}

// empty returns a matrix of all steps in all steps.
func (s *stage) empty() (m Matrix) {
	for _, o := range s.outers {
		m.Outer = append(m.Outer, o.name)
	}
	for _, l := range s.leaves {
		m.Inner = append(m.Inner, l.name)
	}
	return m
}

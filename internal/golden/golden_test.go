package golden

import (
	"os"
	"path/filepath"
	"testing"
)

// A failing test notes that it was failed.
type failing struct {
	testing.TB
	failed bool
}

func (f *failing) Errorf(string, ...any) { f.failed = true }
func (f *failing) Fatal(...any)          { f.failed = true }

func TestWhatDiffersFailsTheTestUntilItIsWritten(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("testdata", 0o755); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		what, got string
		update    bool
		fails     bool
	}{
		{"no file", "one\n", false, true},
		{"written", "one\n", true, false},
		{"the same", "one\n", false, false},
		{"another", "two\n", false, true},
		{"shorter", "one", false, true},
		{"written anew", "two\n", true, false},
		{"the new one", "two\n", false, false},
	} {
		*update = step.update
		f := &failing{TB: t}
		Check(f, "some.golden", step.got)
		if f.failed != step.fails {
			t.Errorf("%s: failed %v", step.what, f.failed)
		}
	}
	*update = true
	defer func() { *update = false }()
	f := &failing{TB: t}
	if Check(f, filepath.Join("nowhere", "some.golden"), ""); !f.failed {
		t.Error("what cannot be written passes")
	}
}

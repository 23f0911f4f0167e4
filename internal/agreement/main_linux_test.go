package agreement

import (
	"os"
	"testing"

	"github.com/plimsoll-dev/plimsoll/internal/engines"
	"github.com/plimsoll-dev/plimsoll/internal/lab"
)

// The servers are children of this binary.
func TestMain(m *testing.M) {
	lab.ChildMain(engines.New)
	os.Exit(m.Run())
}

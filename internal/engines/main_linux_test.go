package engines

import (
	"fmt"
	"os"
	"runtime"
	"testing"

	"go.uber.org/goleak"
)

// Engines with threads are given a processor for each.
func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		if err := beChild(role); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	runtime.GOMAXPROCS(64)
	goleak.VerifyTestMain(m)
}

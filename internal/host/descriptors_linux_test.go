package host

import (
	"fmt"
	"strings"
	"testing"
)

func TestDescriptorsAreRaisedForChildrenTooAndARefusalSaysHowMany(t *testing.T) {
	out, err := childCommand("descriptors").Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitN(string(out), "\n", 2)
	var hard, own, child uint64
	if _, err := fmt.Sscan(lines[0], &hard, &own, &child); err != nil || own != hard || child != hard {
		t.Errorf("hard limit %d, own %d, child's %d: %v", hard, own, child, err)
	}
	if !strings.Contains(lines[1], "1099511627776 descriptors are needed and a process may open") || !strings.Contains(lines[1], "ulimit -n 1099511627776") {
		t.Errorf("refusal: %s", lines[1])
	}
}
